import { open } from 'node:fs/promises';
import { HashPool } from '../torrent/hash-pool.ts';
import type { Border, Extent } from '../torrent/manifest.ts';
import { hashFile } from '../torrent/hash-file.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';

/**
 * What no transport could check while the bytes came in: the pieces in which files of several methods meet (only those are read), or, for a task
 * whose torrents are not bound to it, every file by its SHA-1 (decision 20, BR-45). Resolves with the bytes that are wrong.
 */
export async function finalCheck(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<Extent[]> {
  const missing = item.task.filelist.find(({ file }) => !ledger.isFinished(file));
  if (missing) throw new Error(`${missing.file} of ${item.name} is not finished`);
  return item.isBound ? await wrongBorders(item, signal) : await wrongFiles(item, signal);
}

/** Of a border that does not fit, all is fetched again that nothing else has vouched for: files checked whole have been. */
async function wrongBorders(item: TransferItem, signal: AbortSignal): Promise<Extent[]> {
  const wrong: Extent[] = [];
  for (const border of item.manifest.borders()) {
    signal.throwIfAborted();
    if (await isRight(item, border)) continue;
    const suspects = border.parts.filter(({ file }) => !item.manifest.isCheckedWhole(file));
    wrong.push(...(suspects.length > 0 ? suspects : border.parts));
  }
  return wrong;
}

async function wrongFiles(item: TransferItem, signal: AbortSignal): Promise<Extent[]> {
  const pool = new HashPool(1);
  try {
    const wrong: Extent[] = [];
    for (const { file, hash } of item.task.filelist) {
      if ((await hashFile(pool, item.stagedPath(file), signal)) !== hash) wrong.push(item.manifest.extent(file));
    }
    return wrong;
  } finally {
    await pool.close();
  }
}

async function isRight(item: TransferItem, border: Border): Promise<boolean> {
  const parts: Uint8Array[] = [];
  for (const part of border.parts) parts.push(await readExtent(item.stagedPath(part.file), part));
  const digest = await crypto.subtle.digest('SHA-1', Buffer.concat(parts));
  return Buffer.from(digest).toString('hex') === border.sha1;
}

async function readExtent(path: string, { offset, length }: Extent): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
