import { unlessAborted } from '../../core/unless-aborted.ts';

/** Something of which only so much may be in use at once. Those who wait get it in turn; who wants more than there is gets it alone. */
export class Budget {
  readonly #limit: () => number;
  readonly #waiting: { readonly amount: number; readonly go: () => void }[] = [];
  #used = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  get isIdle(): boolean {
    return this.#used === 0 && this.#waiting.length === 0;
  }

  /** Resolves when the amount is there; rejects with the signal's reason, and then nothing was taken. */
  async take(amount: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { amount, go: resolve };
    this.#waiting.push(waiter);
    this.#serve();
    try {
      await unlessAborted(promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(waiter);
      if (at === -1) this.give(amount);
      else {
        this.#waiting.splice(at, 1);
        this.#serve();
      }
      throw error;
    }
  }

  give(amount: number): void {
    this.#used -= amount;
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.amount;
      next.go();
    }
  }

  #fits(amount: number): boolean {
    return this.#used === 0 || this.#used + amount <= this.#limit();
  }
}
