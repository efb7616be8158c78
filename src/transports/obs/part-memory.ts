import { SpareBuffers } from '../http/spare-buffers.ts';

interface Waiter {
  readonly size: number;
  readonly grant: (memory: SharedArrayBuffer) => void;
}

/**
 * The memory of parts on their way, bounded over all uploads of the node. Who asks first is served first, so that a large part is not kept
 * waiting by small ones. A part above the bound travels alone.
 */
export class PartMemory {
  readonly #limit: number;
  readonly #waiting = new Set<Waiter>();
  #held = 0;
  readonly #spare = new SpareBuffers();

  /** `limit`: bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are kept to be used again. */
  get kept(): number {
    return this.#spare.bytes;
  }

  /** Resolves when there is room for `size` bytes; rejects with the signal's reason. */
  async take(size: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<SharedArrayBuffer>();
    const waiter = { size, grant: resolve };
    const leave = () => {
      this.#waiting.delete(waiter);
      reject(signal.reason as Error);
      this.#grant();
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.add(waiter);
    this.#grant();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Ends the use of it: it may be lent to somebody else at once. */
  give(memory: SharedArrayBuffer): void {
    this.#held -= memory.byteLength;
    this.#spare.give(memory);
    this.#grant();
    this.#spare.keep(this.#limit - this.#held);
  }

  #grant(): void {
    for (const waiter of this.#waiting) {
      if (this.#held > 0 && this.#held + waiter.size > this.#limit) return;
      this.#waiting.delete(waiter);
      waiter.grant(this.#lend(waiter.size));
    }
  }

  /** What is lent and what is kept must not be more than the bound together. */
  #lend(size: number): SharedArrayBuffer {
    this.#held += size;
    const memory = this.#spare.take(size);
    this.#spare.keep(this.#limit - this.#held);
    return memory;
  }
}
