import { Budget } from './budget.ts';

/** Connections to hosts, over all tasks: at most so many to each. */
export class HostSlots {
  readonly #limit: () => number;
  readonly #hosts = new Map<string, Budget>();

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  async run<T>(host: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let slots = this.#hosts.get(host);
    if (!slots) this.#hosts.set(host, (slots = new Budget(this.#limit)));
    await slots.take(1, signal);
    try {
      return await work();
    } finally {
      slots.give(1);
      if (slots.isIdle) this.#hosts.delete(host);
    }
  }
}
