import { createHash, randomFill } from 'node:crypto';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const CHUNK = 1024 * 1024;
const fillAtRandom = promisify<Uint8Array, Uint8Array>(randomFill);

/** Writes `size` random bytes to a new file and returns their SHA-1 in base64, as a PKL has it. Memory: one chunk. */
export async function writeEssence(path: string, size: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha1');
  const chunk = new Uint8Array(Math.min(CHUNK, size));
  await using file = await open(path, 'wx');
  for (let written = 0; written < size; written += chunk.length) {
    signal.throwIfAborted();
    await fillAtRandom(chunk);
    const part = chunk.subarray(0, Math.min(chunk.length, size - written));
    hash.update(part);
    await file.writeFile(part);
  }
  return hash.digest('base64');
}
