import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { together } from '../waiting.ts';
import type { TreeFile } from './list.ts';

const READ_BYTES = 1024 * 1024;
const FILES_AT_ONCE = 4;

/** SHA-1 in hex by path. */
export type Hashes = ReadonlyMap<string, string>;

/** Reads every file below `root` and hashes it. */
export async function hashFiles(root: string, files: readonly TreeFile[], signal: AbortSignal): Promise<Hashes> {
  const hashes = new Map<string, string>();
  const waiting = files.values();
  const work = async (signal: AbortSignal) => {
    for (const { path } of waiting) hashes.set(path, await hashFile(join(root, path), signal));
  };
  await together(Array<typeof work>(FILES_AT_ONCE).fill(work), signal);
  return hashes;
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha1');
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash, { signal });
  return hash.digest('hex');
}
