import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errno } from '../core/errors.ts';

/** Ending of a file that is being written; after a crash it may be left, and is nothing. */
export const TEMPORARY_SUFFIX = '.tmp';
const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

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

/** Writes a whole file durably: temporary file, fsync, rename, fsync of the directory. Readers see the old or the new file, never half. */
export async function writeDurable(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  const directory = dirname(path);
  // 50 characters are at most 200 bytes, of the 255 that a name may have.
  const stem = Array.from(basename(path)).slice(0, 50).join('');
  const temporary = join(directory, `.${stem}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`);
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
  await syncDirectory(directory);
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

/** Removes what an interrupted `writeDurable` left in a directory. */
export async function removeTemporaries(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (TEMPORARY.test(name)) await rm(join(directory, name), { force: true });
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
