import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  type Stats,
  fchmodSync,
  fchownSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { basename, dirname, join } from 'node:path';
import { errno } from '../core/errors.ts';

/** Bytes; a path has at most 4096. */
const MOST_LINE = 16_384;
const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;
/** What a line that is no UTF-8 or without an end is read as: a bad row. */
const BAD = '\0';

/** Which text it is: as of its last change. Absent: there is none. */
export const ABSENT = 'absent';

/** What tells whether somebody else wrote to the text. Throws when it is not a regular file. */
export function stampOf(path: string): string {
  const info = statSync(path, { bigint: true, throwIfNoEntry: false });
  return info ? stamp(path, info) : ABSENT;
}

function stamp(path: string, info: BigIntStats): string {
  // A pipe would be read without end.
  if (!info.isFile()) throw new Error(`${path} is not a regular file`);
  return `${info.size}:${info.mtimeNs}:${info.ino}`;
}

/** The lines of a text of any size, in bounded memory. No file is an empty text. */
export function* linesOf(path: string): Generator<string> {
  if (stampOf(path) === ABSENT) return;
  const fd = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    let isEndless = false;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const bytes = readSync(fd, chunk);
      if (bytes === 0) break;
      const text = Buffer.concat([rest, chunk.subarray(0, bytes)]);
      const end = text.lastIndexOf(NEWLINE) + 1;
      if (end > 0) yield* isEndless ? tail(text.subarray(0, end)) : lines(text.subarray(0, end));
      isEndless = end === 0 ? isEndless || text.length > MOST_LINE : text.length - end > MOST_LINE;
      rest = isEndless ? Buffer.alloc(0) : text.subarray(end);
    }
    if (isEndless) yield BAD;
    else if (rest.length > 0) yield* lines(rest);
  } finally {
    closeSync(fd);
  }
}

/** The first of these lines is the end of one that was too long. */
function* tail(text: Buffer): Generator<string> {
  yield BAD;
  yield* lines(text.subarray(text.indexOf(NEWLINE) + 1));
}

function* lines(text: Buffer): Generator<string> {
  const isClean = isUtf8(text);
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf(NEWLINE, at);
    const end = newline < 0 ? text.length : newline;
    const isGood = end - at <= MOST_LINE && (isClean || isUtf8(text.subarray(at, end)));
    yield isGood ? text.toString('utf8', at, end) : BAD;
    at = end + 1;
  }
}

/**
 * Appends lines, each with its newline, durably, and makes the text if there is none. Gives the stamp that it has then; undefined when somebody else wrote
 * to it or replaced it meanwhile, so that what stands there is not known.
 */
export function appendLines(path: string, lines: readonly string[]): string | undefined {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o644);
  try {
    stamp(path, fstatSync(fd, { bigint: true }));
    const { size } = fstatSync(fd);
    // People's editors, and crashes, may leave the last line open.
    const isOpen = size > 0 && lastByte(fd, size) !== NEWLINE;
    const bytes = appendAll(fd, (isOpen ? '\n' : '') + lines.join(''), size);
    if (size === 0) syncDirectory(dirname(path));
    const own = fstatSync(fd, { bigint: true });
    const now = stampOf(path);
    return Number(own.size) === size + bytes && now === stamp(path, own) ? now : undefined;
  } finally {
    closeSync(fd);
  }
}

function lastByte(fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  return readSync(fd, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

/** All of it, synced, or nothing: a disk that is full leaves no part of a line. */
function appendAll(fd: number, text: string, size: number): number {
  const bytes = Buffer.from(text);
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(fd, bytes, done);
    fdatasyncSync(fd);
    return done;
  } catch (error) {
    // What somebody else appended meanwhile is not ours to take away.
    if (done > 0 && fstatSync(fd).size === size + done) ftruncateSync(fd, size);
    throw error;
  }
}

function writeAll(fd: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  return bytes.length;
}

/**
 * Writes the text anew, durably; what killed processes left of earlier writings goes first. Gives its stamp, or undefined when it was not `expected` any
 * more just before it would have been replaced: then nothing was done.
 */
export function rewrite(path: string, expected: string, lines: Iterable<string>): string | undefined {
  const target = statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
  const directory = dirname(target);
  for (const name of readdirSync(directory))
    if (name.startsWith(`.${basename(target)}.`) && name.endsWith('.tmp')) rmSync(join(directory, name));
  const temporary = join(directory, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const old = statSync(target, { throwIfNoEntry: false });
  try {
    writeLines(temporary, lines, old);
    if (stampOf(path) !== expected) return undefined;
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(directory);
  return stampOf(path);
}

/** With the owner and the rights of the one that it replaces. */
function writeLines(path: string, lines: Iterable<string>, old: Stats | undefined): void {
  const fd = openSync(path, 'wx', (old?.mode ?? 0o644) & 0o777);
  try {
    if (old) giveTo(fd, old);
    let text = '';
    for (const line of lines) {
      text += line;
      if (text.length < CHUNK) continue;
      writeAll(fd, text);
      text = '';
    }
    writeAll(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Where that is allowed. */
function giveTo(fd: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(fd, uid, gid);
    fchmodSync(fd, mode & 0o777);
  } catch (error) {
    if (errno(error) !== 'EPERM') throw error;
  }
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** mkdir -p whose new entries survive a power cut. */
export function makeDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made));
}
