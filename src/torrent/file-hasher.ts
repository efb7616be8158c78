import type { FileState } from '../disk/file-state.ts';
import { hashFile, type Rest } from './hash-file.ts';
import { HashPool } from './hash-pool.ts';

/** A thread that has nothing to do is given up after so long, ms: it takes memory. */
const IDLE_MS = 10_000;

/** Hashes one file after the other on a thread that is there only while it is needed. */
export class FileHasher {
  readonly #rest: Rest | undefined;
  #pool: HashPool | undefined;
  #idle: NodeJS.Timeout | undefined;
  #users = 0;

  /** `rest` is waited for after each block. */
  constructor(rest?: Rest) {
    this.#rest = rest;
  }

  /** SHA-1 of the file, hex. Rejects as `hashFile` does. */
  async hash(path: string, signal: AbortSignal, expected?: FileState): Promise<string> {
    clearTimeout(this.#idle);
    this.#users += 1;
    try {
      this.#pool ??= new HashPool(1);
      return await hashFile(this.#pool, path, signal, this.#rest, expected);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  /** Nobody may be waiting for a hash. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }
}
