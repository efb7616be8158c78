import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errno } from '../core/errors.ts';
import { type FileState, isSameState } from '../disk/file-state.ts';
import type { HashPool } from './hash-pool.ts';

/** Bytes that are read and hashed together. */
export const HASH_BLOCK = 4 * 1024 * 1024;
/** What cannot be written to, or is no file of a disk. */
const NO_SYNC = ['EROFS', 'EINVAL'];
let streams = 0;

/** Called after each block but the last: whoever shares the machine may have it wait. */
export type Rest = (signal: AbortSignal) => Promise<void>;

/**
 * SHA-1 of a file, hex, read in large blocks and hashed on a thread of the pool, while the next block is read. It ends where the file ended when it was
 * opened. Rejects with the signal's reason, within a block, and with what the disk says; with ESTALE when the path does not lead to what is `expected` there.
 */
export async function hashFile(
  pool: HashPool,
  path: string,
  signal: AbortSignal,
  rest?: Rest,
  expected?: FileState,
): Promise<string> {
  // A pipe must not hold it up.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = `${path}:${streams++}`;
  try {
    if (expected) await assertIs(handle, path, expected);
    return await hashOpen(pool, handle, stream, signal, rest);
  } catch (error) {
    // The thread would keep what it began.
    const close = { stream, start: 0, end: 0, close: true };
    await pool.hash(new SharedArrayBuffer(0), [close]).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * A directory may have been renamed since the path was looked at. A page that is written to through a mapping gets the file a new time only with its first
 * store after it was written out: from here on each store is seen.
 */
async function assertIs(handle: FileHandle, path: string, expected: FileState): Promise<void> {
  await handle.datasync().catch((error: unknown) => {
    if (!NO_SYNC.includes(errno(error) ?? '')) throw error;
  });
  if (isSameState(await handle.stat(), expected)) return;
  throw Object.assign(new Error(`ESTALE: ${path} is not what it was a moment ago`), { code: 'ESTALE' });
}

async function hashOpen(
  pool: HashPool,
  handle: FileHandle,
  stream: string,
  signal: AbortSignal,
  rest?: Rest,
): Promise<string> {
  const { size } = await handle.stat();
  const blocks = [0, HASH_BLOCK].map(from => new SharedArrayBuffer(Math.min(HASH_BLOCK, Math.max(size - from, 1))));
  let at = 0;
  const read = async (block: SharedArrayBuffer) => {
    const { bytesRead } = await handle.read(new Uint8Array(block), 0, Math.min(block.byteLength, size - at), at);
    at += bytesRead;
    return { block, bytesRead, isLast: at >= size || bytesRead === 0 };
  };
  signal.throwIfAborted();
  let reading = read(blocks[0]!);
  for (let turn = 1; ; turn++) {
    const { block, bytesRead, isLast } = await reading;
    const hashed = pool.hash(block, [{ stream, start: 0, end: bytesRead, close: isLast }]);
    if (isLast) return Buffer.from((await hashed).get(stream) ?? []).toString('hex');
    reading = read(blocks[turn % 2]!);
    await Promise.all([hashed, reading]);
    await rest?.(signal);
    // Nothing is being read at that moment: who goes now leaves no read behind whose failure nobody hears.
    signal.throwIfAborted();
  }
}
