import { HashPool } from '../../../torrent/hash-pool.ts';

/** One thread is faster than any line. There is none in an engine that only serves. */
let pool: HashPool | undefined;
let jobs = 0;

/**
 * Stands in for `hash` of uint8-util where webtorrent checks a received piece: the same SHA-1, but computed by a thread. The original blocks the event
 * loop. Shared memory is not copied; it must not change meanwhile.
 */
export async function hash(bytes: Uint8Array, format: 'hex'): Promise<string> {
  pool ??= new HashPool(1);
  const { buffer, byteOffset: start, length } = bytes.buffer instanceof SharedArrayBuffer ? bytes : toShared(bytes);
  const stream = String(jobs++);
  const step = { stream, start, end: start + length, close: true };
  const digests = await pool.hash(buffer as SharedArrayBuffer, [step]);
  return Buffer.from(digests.get(stream) ?? []).toString(format);
}

/** Ends the thread, if there is one. */
export async function endHashing(): Promise<void> {
  const last = pool;
  pool = undefined;
  await last?.close();
}

function toShared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
