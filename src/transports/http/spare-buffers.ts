/** Unused for so long they are let go. */
const IDLE_MS = 5000;
/** Each is looked at when one is taken. Of pieces of 256 KiB it is more than is ever on its way. */
const MOST = 300;

/**
 * Buffers that are used again. A new one for each unit or part would be a heap of garbage of its own: the collector sees small objects and takes its
 * time, and what a thread was once handed is only free when that one's collector has been, too.
 */
export class SpareBuffers {
  #spare: SharedArrayBuffer[] = [];
  #idle: NodeJS.Timeout | undefined;

  /** Bytes that lie here unused. */
  get bytes(): number {
    return this.#spare.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** One of exactly so many bytes; what is in it is of no meaning. */
  take(bytes: number): SharedArrayBuffer {
    const at = this.#spare.findIndex(({ byteLength }) => byteLength === bytes);
    const [buffer] = at === -1 ? [] : this.#spare.splice(at, 1);
    return buffer ?? new SharedArrayBuffer(bytes);
  }

  give(buffer: SharedArrayBuffer): void {
    this.#spare.unshift(buffer);
    if (this.#spare.length > MOST) this.#spare.pop();
    this.#idle ??= setTimeout(() => (this.#spare = []), IDLE_MS).unref();
    this.#idle.refresh();
  }

  /** Keeps those that were used last, as many as fit into `bytes`. */
  keep(bytes: number): void {
    let room = bytes;
    this.#spare = this.#spare.filter(({ byteLength }) => (room -= byteLength) >= 0);
  }
}
