/** Lets at most `limit()` pieces of work go on at once; the others wait for their turn. */
export class Places {
  readonly #limit: () => number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#taken >= this.#limit()) await this.#turn(signal);
    this.#taken++;
    try {
      return await work();
    } finally {
      this.#taken--;
      for (const wake of this.#waiting) wake();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (!signal.aborted) await promise;
    this.#waiting.delete(resolve);
    signal.throwIfAborted();
  }
}
