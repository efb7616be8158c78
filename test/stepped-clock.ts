import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../src/core/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is advanced; sleeps end in their order on the way, each with the time that it asked for. */
export class SteppedClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #time: number;

  constructor(time: number) {
    this.#time = time;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { due: this.#time + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    const onAbort = () => resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal?.removeEventListener('abort', onAbort);
    this.#sleepers.delete(sleeper);
    signal?.throwIfAborted();
  }

  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    for (;;) {
      const next = [...this.#sleepers].reduce<Sleeper | undefined>((a, b) => (a && a.due <= b.due ? a : b), undefined);
      if (!next || next.due > end) break;
      this.#time = next.due;
      this.#sleepers.delete(next);
      next.wake();
      // What was woken may sleep again before the end.
      await turn();
    }
    this.#time = end;
  }
}
