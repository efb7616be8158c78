import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errno } from '../core/errors.ts';

/** Ending of a file that is being written; after a crash it may be left, and is nothing. */
export const TEMPORARY_SUFFIX = '.tmp';
const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;
/** Characters, of at most 4 bytes each; a name may have 255 bytes. */
const LONG_STEM = 50;
/** The temporary files that this process is writing. */
const underWay = new Set<string>();

/** Makes the entries of a directory durable: a rename or a new name survives a power cut only after this. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** mkdir -p whose new entries survive a power cut. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** What a file consists of, whole or in parts. */
type Content = string | Uint8Array | AsyncIterable<string>;

/** Writes a whole file durably: temporary file, fsync, rename, fsync of the directory. Readers see the old or the new file, never half. */
export async function writeDurable(path: string, data: Content, mode = 0o644): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${stemOf(path)}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`);
  underWay.add(temporary);
  try {
    await writeThrough(temporary, path, data, mode);
  } finally {
    underWay.delete(temporary);
  }
  await syncDirectory(directory);
}

/** Like `writeDurable`, for directories that nobody clears: what killed processes left of earlier writes of this very file goes first. */
export async function writeAfresh(path: string, data: Content, mode = 0o644): Promise<void> {
  const start = `.${stemOf(path)}.`;
  const isOwn = (name: string) => name.startsWith(start) && name.length === start.length + 12 + TEMPORARY_SUFFIX.length;
  await removeTemporaries(dirname(path), isOwn);
  await writeDurable(path, data, mode);
}

/** The file's name; of a long one so much that no other file has it. */
function stemOf(path: string): string {
  const name = basename(path);
  const characters = Array.from(name);
  if (characters.length <= LONG_STEM) return name;
  return `${characters.slice(0, LONG_STEM - 10).join('')}${createHash('sha1').update(name).digest('hex').slice(0, 10)}`;
}

async function writeThrough(temporary: string, path: string, data: Content, mode: number): Promise<void> {
  const handle = await open(temporary, 'wx', mode);
  try {
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Renames durably; both directories are synced. The file itself must have been synced before. */
export async function renameDurable(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from));
}

/** Removes a file or tree durably. What is not there is no error. */
export async function removeDurable(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  try {
    await syncDirectory(dirname(path));
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
}

/** Removes what interrupted `writeDurable`s left in a directory, of the files that are meant. */
export async function removeTemporaries(directory: string, isMeant = (_name: string) => true): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (TEMPORARY.test(name) && isMeant(name) && !underWay.has(path)) await rm(path, { force: true });
  }
}

/** fdatasync of a file that was written through other descriptors. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
