import { constants, copyFile, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errno } from '../core/errors.ts';
import { makeDirectory, removeDurable } from '../disk/durable.ts';
import { writeFully } from '../disk/write-fully.ts';
import type { HashPool } from '../torrent/hash-pool.ts';
import { hashFile } from './hash-files.ts';

const BLOCK = 4 * 1024 * 1024;

/**
 * Copies a file of the storage, sharing its blocks where the file system can, and verifies the copy by its SHA-1 (hex). False, and no copy, when the file is
 * not what it was said to be, or gone. Stops at the signal.
 */
export async function copyVerified(
  { from, to, sha1 }: { from: string; to: string; sha1: string },
  pool: HashPool,
  signal: AbortSignal,
): Promise<boolean> {
  await makeDirectory(dirname(to));
  try {
    if (!(await isReflinked(from, to))) await copyBytes(from, to, signal);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'EIO', 'ELOOP'].includes(errno(error) ?? '')) throw error;
    await removeDurable(to);
    return false;
  }
  if ((await hashFile(pool, to, signal)) === sha1) return true;
  await removeDurable(to);
  return false;
}

async function isReflinked(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (['ENOTSUP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS', 'EOPNOTSUPP'].includes(errno(error) ?? '')) return false;
    throw error;
  }
}

/** In blocks, so that a copy of 200 GB can be stopped. */
async function copyBytes(from: string, to: string, signal: AbortSignal): Promise<void> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const target = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW);
    try {
      const block = Buffer.allocUnsafe(BLOCK);
      for (let at = 0; ; ) {
        signal.throwIfAborted();
        const { bytesRead } = await source.read(block, 0, block.length, at);
        if (bytesRead === 0) break;
        await writeFully(target, block.subarray(0, bytesRead), at);
        at += bytesRead;
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
