import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errno } from '../core/errors.ts';
import type { Tree } from './tree/list.ts';

/** A file system that has no hard link (clone) for this file says one of these. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'ENOSYS']);
const NO_CLONE = new Set(['EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY', 'EPERM']);

/**
 * Brings the package at `from` to the new directory `to`: hard links where possible, else clones, else copies. Nothing
 * below `from` is written to.
 */
export async function placeTree(tree: Tree, from: string, to: string, signal: AbortSignal): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const path of tree.directories) await mkdir(join(to, path), { recursive: true });
  for (const { path } of tree.files) {
    signal.throwIfAborted();
    await placeFile(join(from, path), join(to, path), signal);
  }
}

async function placeFile(from: string, to: string, signal: AbortSignal): Promise<void> {
  if (await attempt(link(from, to), NO_LINK)) return;
  if (await attempt(copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE), NO_CLONE)) return;
  await pipeline(createReadStream(from), createWriteStream(to), { signal });
}

async function attempt(operation: Promise<void>, unable: ReadonlySet<string>): Promise<boolean> {
  try {
    await operation;
    return true;
  } catch (error) {
    if (unable.has(errno(error) ?? '')) return false;
    throw error;
  }
}
