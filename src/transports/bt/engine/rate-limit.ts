/** What may pass at once after a pause; a limit of any size stays smooth with it. */
const BURST_MS = 100;
const SMALLEST_BURST = 16 * 1024;
const SHORTEST_WAIT_MS = 5;
/** A rate of next to nothing is looked at now and then only. */
const LONGEST_WAIT_MS = 60_000;

/** Time in ms, as the limit sees it. */
export interface Timing {
  now(): number;
  /** Calls once after `ms`, unless what it returns is called before. */
  later(ms: number, work: () => void): () => void;
}

const realTime: Timing = {
  now: () => performance.now(),
  later(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * A token bucket whose rate may change at any time, without a burst and without losing whom waits. What passes may overdraw it, so that blocks of any
 * size get through a small limit; the average is exact.
 */
export class RateLimit {
  /** Bytes per second; null is no limit. */
  #rate: number | null = null;
  #tokens = 0;
  readonly #timing: Timing;
  /** When the tokens were last counted. */
  #at: number;
  #cancel = () => {};
  readonly #waiting: Waiting[] = [];

  constructor(timing: Timing = realTime) {
    this.#timing = timing;
    this.#at = timing.now();
  }

  /** Bytes per second; null lifts the limit, 0 lets nothing pass. */
  set(rate: number | null): void {
    if (rate === this.#rate) return;
    this.#refill();
    this.#rate = rate;
    this.#release();
  }

  /** Calls `go` when these bytes may pass: at once if they may now, else in turn. */
  take(bytes: number, go: () => void): void {
    this.#waiting.push({ bytes, go });
    if (this.#waiting.length === 1) this.#release();
  }

  /** Forgets those that wait. */
  stop(): void {
    this.#cancel();
    this.#waiting.length = 0;
  }

  #release(): void {
    this.#cancel();
    this.#refill();
    while (this.#waiting.length > 0 && (this.#rate === null || this.#tokens > 0)) {
      const { bytes, go } = this.#waiting[0]!;
      if (this.#rate !== null) this.#tokens -= bytes;
      go();
      this.#waiting.shift();
    }
    if (this.#waiting.length > 0) this.#cancel = this.#timing.later(this.#waitMs(), () => this.#release());
  }

  #waitMs(): number {
    const ms = this.#rate ? (-this.#tokens * 1000) / this.#rate : LONGEST_WAIT_MS;
    return Math.min(Math.max(Math.ceil(ms), SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  }

  #refill(): void {
    const now = this.#timing.now();
    const rate = this.#rate ?? 0;
    const burst = Math.max((rate * BURST_MS) / 1000, SMALLEST_BURST);
    this.#tokens = Math.min(this.#tokens + (rate * (now - this.#at)) / 1000, burst);
    this.#at = now;
  }
}
