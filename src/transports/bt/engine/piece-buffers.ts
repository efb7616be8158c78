/** Kept for the next pieces, bytes: what comes in faster than it is hashed and written. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** Memory for the pieces of all torrents that are being fetched, used again and again: new memory for each costs the system more than filling it. Threads may read it. */
export class PieceBuffers {
  readonly #free: SharedArrayBuffer[] = [];
  #freeBytes = 0;

  /** Of any content. */
  take(length: number): Uint8Array<SharedArrayBuffer> {
    const at = this.#free.findLastIndex(buffer => buffer.byteLength === length);
    const [buffer = new SharedArrayBuffer(length)] = at < 0 ? [] : this.#free.splice(at, 1);
    if (at >= 0) this.#freeBytes -= length;
    return new Uint8Array(buffer);
  }

  /** Nobody uses it any more. */
  giveBack({ buffer, byteLength }: Uint8Array<SharedArrayBuffer>): void {
    if (this.#freeBytes + byteLength > KEPT_BYTES) return;
    this.#free.push(buffer);
    this.#freeBytes += byteLength;
  }
}
