interface Waiter {
  readonly size: number;
  readonly grant: () => void;
}

/**
 * The memory of parts on their way, bounded over all uploads of the node. Who asks first is served first, so that a large part is not kept
 * waiting by small ones. A part above the bound travels alone.
 */
export class PartMemory {
  readonly #limit: number;
  readonly #waiting = new Set<Waiter>();
  #held = 0;
  /** Given back and ready to be used again: parts are mostly of one size. */
  #free: SharedArrayBuffer[] = [];

  /** `limit`: bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are kept to be used again. */
  get kept(): number {
    return this.#free.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Resolves when there is room for `size` bytes; rejects with the signal's reason. */
  async take(size: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
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
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return this.#reused(size) ?? new SharedArrayBuffer(size);
  }

  /** Ends the use of it: it may be lent to somebody else at once. */
  give(memory: SharedArrayBuffer): void {
    this.#held -= memory.byteLength;
    this.#free.push(memory);
    this.#grant();
    // Nobody uploads any more, as far as can be told: what is kept for the next part is then kept for nothing.
    if (this.#held === 0) this.#free = [];
  }

  /** Memory of another size makes way: together they must not be more than the bound. */
  #reused(size: number): SharedArrayBuffer | undefined {
    const index = this.#free.findIndex(memory => memory.byteLength === size);
    if (index >= 0) return this.#free.splice(index, 1)[0];
    this.#free = [];
    return undefined;
  }

  #grant(): void {
    for (const waiter of this.#waiting) {
      if (this.#held > 0 && this.#held + waiter.size > this.#limit) return;
      this.#waiting.delete(waiter);
      this.#held += waiter.size;
      waiter.grant();
    }
  }
}
