import { open } from 'node:fs/promises';
import { HashPool } from '../torrent/hash-pool.ts';
import type { Border, Extent } from '../torrent/manifest.ts';
import { hashFile } from './hash-files.ts';
import type { TransferItem } from './item.ts';
import type { Ledger } from './ledger.ts';

/**
 * What no transport could check while the bytes came in: the pieces in which files of several methods meet (only those are read), or, for a task
 * whose torrents are not bound to it, every file by its SHA-1 (decision 20, BR-45). Resolves with the files that are wrong.
 */
export async function finalCheck(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<string[]> {
  if (!item.isBound)
    return await wrongFiles(
      item,
      ledger,
      item.task.filelist.map(({ file }) => file),
      signal,
    );
  const suspects = new Set<string>();
  for (const border of item.manifest.borders()) {
    signal.throwIfAborted();
    if (!(await isRight(item, ledger, border))) for (const { file } of border.parts) suspects.add(file);
  }
  return await wrongFiles(item, ledger, [...suspects], signal);
}

/** A border that does not fit blames one of its files: their own SHA-1 says which. */
async function wrongFiles(
  item: TransferItem,
  ledger: Ledger,
  files: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  if (files.length === 0) return [];
  const pool = new HashPool(1);
  try {
    const wrong: string[] = [];
    for (const file of files) {
      if ((await hashFile(pool, stagedPath(item, ledger, file), signal)) !== item.manifest.sha1(file)) wrong.push(file);
    }
    return wrong;
  } finally {
    await pool.close();
  }
}

async function isRight(item: TransferItem, ledger: Ledger, border: Border): Promise<boolean> {
  const parts: Uint8Array[] = [];
  for (const part of border.parts) parts.push(await readExtent(stagedPath(item, ledger, part.file), part));
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

function stagedPath(item: TransferItem, ledger: Ledger, file: string): string {
  const source = ledger.sourceOf(file);
  if (!source) throw new Error(`${file} of ${item.name} is not finished`);
  return item.stagedPath(source, file);
}
