import { HashPool } from '../../torrent/hash-pool.ts';

/** SHA-1 off the event loop. One thread is faster than any line; it lives while somebody fetches. */
export class UnitHasher {
  #pool: HashPool | undefined;
  #users = 0;
  #units = 0;

  /** Keeps the thread until the work is done. */
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
    this.#pool ??= new HashPool(1);
    const stream = String(this.#units++);
    const digests = await this.#pool.hash(buffer, [{ stream, start: 0, end: buffer.byteLength, close: true }]);
    return Buffer.from(digests.get(stream) ?? []).toString('hex');
  }

  async #close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }
}
