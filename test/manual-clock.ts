import type { Clock } from '../src/core/clock.ts';

/** A clock that stands still until told otherwise. A sleep passes at once and moves it on, or hangs until it is aborted. */
export class ManualClock implements Clock {
  /** What was slept, ms, in order. */
  readonly sleeps: number[] = [];
  /** Called when a sleep begins; one that begins while it is set hangs until its signal aborts. */
  onHang: (() => void) | undefined;
  #time: number;

  constructor(time = 0) {
    this.#time = time;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  advance(ms: number): void {
    this.#time += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    if (this.onHang) {
      const ended = new Promise(resolve => signal?.addEventListener('abort', resolve, { once: true }));
      this.onHang();
      await ended;
      signal?.throwIfAborted();
    }
    this.#time += ms;
  }
}
