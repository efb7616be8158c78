import { open } from 'node:fs/promises';
import { HashPool } from '../torrent/hash-pool.ts';

const BLOCK = 4 * 1024 * 1024;

/** SHA-1 of a file, hex, read in large blocks and hashed on a thread of the pool. */
export async function hashFile(pool: HashPool, path: string, signal: AbortSignal): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const block = new SharedArrayBuffer(Math.min(BLOCK, Math.max(size, 1)));
    for (let at = 0; ; at += block.byteLength) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(new Uint8Array(block), 0, block.byteLength, at);
      const close = at + bytesRead >= size || bytesRead === 0;
      const closed = await pool.hash(block, [{ stream: path, start: 0, end: bytesRead, close }]);
      if (close) return Buffer.from(closed.get(path) ?? []).toString('hex');
      if (bytesRead < block.byteLength) at -= block.byteLength - bytesRead;
    }
  } finally {
    await handle.close();
  }
}
