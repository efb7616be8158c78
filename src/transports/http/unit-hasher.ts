import { HashPool } from '../../torrent/hash-pool.ts';
import { hashFile } from '../../torrent/hash-file.ts';

/** SHA-1 off the event loop. One thread is faster than any line; threads live while somebody copies or fetches. */
export class UnitHasher {
  readonly #threads: number;
  #pool: HashPool | undefined;
  #users = 0;
  #units = 0;

  constructor(threads = 1) {
    this.#threads = threads;
  }

  /** Keeps the threads until the work is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#users += 1;
    try {
      return await work();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) await this.#close();
    }
  }

  /** Hex; the buffer is not copied, and may be used again when it resolves. Only inside `during`. */
  async sha1(buffer: SharedArrayBuffer): Promise<string> {
    const stream = String(this.#units++);
    const digests = await this.#hashing().hash(buffer, [{ stream, start: 0, end: buffer.byteLength, close: true }]);
    return Buffer.from(digests.get(stream) ?? []).toString('hex');
  }

  /** The same of a whole file. */
  sha1OfFile(path: string, signal: AbortSignal): Promise<string> {
    return hashFile(this.#hashing(), path, signal);
  }

  #hashing(): HashPool {
    this.#pool ??= new HashPool(this.#threads);
    return this.#pool;
  }

  async #close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }
}
