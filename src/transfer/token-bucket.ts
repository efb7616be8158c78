import type { Clock } from '../core/clock.ts';

/** What may pass at once after a rest, ms of the rate. */
const BURST_MS = 250;
/** The rate may change while somebody waits: it is looked at this often. */
const LOOK_MS = 250;

/** Waits until so many bytes may pass. */
export type Throttle = (bytes: number, signal: AbortSignal) => Promise<void>;

/** Lets bytes pass at a rate that may change at any time, and counts them. */
export class TokenBucket {
  readonly #clock: Clock;
  /** Bytes per second; undefined: as many as come. */
  #rate: number | undefined;
  #tokens = 0;
  #filledAt: number;
  #passed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAt = clock.monotonic();
  }

  get rate(): number | undefined {
    return this.#rate;
  }

  set rate(rate: number | undefined) {
    this.#fill();
    this.#rate = rate;
  }

  /** Bytes that asked to pass so far. */
  get passed(): number {
    return this.#passed;
  }

  /** Resolves when these bytes may pass; rejects with the signal's reason. */
  readonly take: Throttle = async (bytes, signal) => {
    this.#passed += bytes;
    this.#fill();
    if (this.#rate === undefined) return;
    this.#tokens -= bytes;
    for (;;) {
      // A rate of 0 lets nothing pass until it changes.
      const wait = this.#rate === undefined ? 0 : (-this.#tokens / this.#rate) * 1000;
      if (wait <= 0) return;
      await this.#clock.sleep(Math.ceil(Math.min(wait, LOOK_MS)), signal);
      this.#fill();
    }
  };

  #fill(): void {
    const now = this.#clock.monotonic();
    const rate = this.#rate ?? 0;
    const burst = (rate * BURST_MS) / 1000;
    this.#tokens =
      this.#rate === undefined ? 0 : Math.min(burst, this.#tokens + ((now - this.#filledAt) * rate) / 1000);
    this.#filledAt = now;
  }
}
