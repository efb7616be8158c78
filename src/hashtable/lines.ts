import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { notThere } from '../core/errors.ts';
import { syncDirectory } from '../disk/durable.ts';

/** Characters; a path has at most 4096 bytes. */
const MOST_LINE = 16_384;

/**
 * The lines of a text of any size, read as a stream; no file is an empty text. Not by readline, which takes more than a newline for an end, holds a
 * line of any length and lets no error of the stream be caught.
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const info = await stat(path).catch(notThere);
  if (!info) return;
  // A pipe would be read without end.
  if (!info.isFile()) throw new Error(`${path} is not a regular file`);
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, MOST_LINE);
    yield* lines;
  }
  yield rest;
}

/** Appends lines, each with its newline, durably. Resolves with the bytes that the text has then. */
export async function appendLines(path: string, lines: Iterable<string>): Promise<number> {
  const handle = await open(path, 'a+', 0o644);
  try {
    const { size } = await handle.stat();
    const last = await handle.read(Buffer.alloc(1), 0, 1, Math.max(size - 1, 0));
    // People's editors, and crashes, may leave the last line open.
    const isOpen = last.bytesRead === 1 && last.buffer[0] !== 0x0a;
    await handle.appendFile((isOpen ? '\n' : '') + [...lines].join(''));
    await handle.datasync();
    if (size === 0) await syncDirectory(dirname(path));
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
