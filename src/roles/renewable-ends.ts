import { KeyedLock } from '../core/keyed-lock.ts';

/** Ends that tasks wait for, and that may be set anew while they wait. */
export class RenewableEnds {
  readonly #lock = new KeyedLock();
  readonly #waiting = new Map<string, AbortController>();

  /** Sleeps, again after each renewal, then runs `end`, after which nothing is renewed. */
  async wait(
    name: string,
    signal: AbortSignal,
    sleep: (signal: AbortSignal) => Promise<void>,
    end: () => Promise<void>,
  ): Promise<void> {
    try {
      while (!(await this.#waitOnce(name, signal, sleep, end)));
    } finally {
      this.#waiting.delete(name);
    }
  }

  /** Runs `change` and lets the task wait anew; false when it does not wait. */
  renew(name: string, change: () => Promise<void>): Promise<boolean> {
    return this.#lock.run(name, async () => {
      const renewal = this.#waiting.get(name);
      if (!renewal) return false;
      await change();
      renewal.abort();
      return true;
    });
  }

  async #waitOnce(
    name: string,
    signal: AbortSignal,
    sleep: (signal: AbortSignal) => Promise<void>,
    end: () => Promise<void>,
  ): Promise<boolean> {
    const renewal = new AbortController();
    this.#waiting.set(name, renewal);
    try {
      await sleep(AbortSignal.any([signal, renewal.signal]));
    } catch (error) {
      if (signal.aborted || !renewal.signal.aborted) throw error;
    }
    return await this.#lock.run(name, async () => {
      if (renewal.signal.aborted) return false;
      this.#waiting.delete(name);
      await end();
      return true;
    });
  }
}
