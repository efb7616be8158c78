import { Budget } from './budget.ts';

/** Holds four of the longest pieces that we make; a single unit of a foreign torrent may be larger, and is alone then. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Memory for units on their way from the socket through the hash to the disk: bounded over all fetches, and used again while any is under way. */
export class UnitMemory {
  readonly #budget = new Budget(() => LIMIT_BYTES);
  #free: SharedArrayBuffer[] = [];
  /** Bytes of the buffers that are in use. */
  #out = 0;

  /** Waits until there is room: a connection that has none does not read on, and its source slows down. */
  async take(bytes: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    await this.#budget.take(bytes, signal);
    const at = this.#free.findIndex(({ byteLength }) => byteLength === bytes);
    const [found] = at === -1 ? [] : this.#free.splice(at, 1);
    this.#out += bytes;
    this.#trim();
    return found ?? new SharedArrayBuffer(bytes);
  }

  give(buffer: SharedArrayBuffer): void {
    this.#free.push(buffer);
    this.#out -= buffer.byteLength;
    this.#budget.give(buffer.byteLength);
    this.#trim();
  }

  #trim(): void {
    if (this.#budget.isIdle) this.#free = [];
    let room = LIMIT_BYTES - this.#out;
    this.#free = this.#free.filter(({ byteLength }) => (room -= byteLength) >= 0);
  }
}
