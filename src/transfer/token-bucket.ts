import type { Clock } from '../core/clock.ts';
import { unlessAborted } from '../core/unless-aborted.ts';

/** What may pass at once after a rest, ms of the rate. */
const BURST_MS = 250;
/** The rate may change while somebody waits: it is looked at this often. */
const LOOK_MS = 250;
/** Those who wait pass in turn, so much at a time: this many ms of the rate, but not less than that many bytes. */
const GRANT_MS = 50;
const LEAST_GRANT = 4096;

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
  #waiting = 0;
  /** Settles when nobody is before the next one. */
  #turns: Promise<void> = Promise.resolve();

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

  /** Bytes that passed so far. */
  get passed(): number {
    return this.#passed;
  }

  get isWaitedFor(): boolean {
    return this.#waiting > 0;
  }

  /** Resolves when these bytes may pass; rejects with the signal's reason. */
  readonly take: Throttle = async (bytes, signal) => {
    this.#waiting += 1;
    try {
      for (let left = bytes; left > 0; ) {
        const grant = Math.min(left, this.#grant);
        if (this.#rate !== undefined) await this.#inTurn(() => this.#pay(grant, signal), signal);
        this.#passed += grant;
        left -= grant;
      }
    } finally {
      this.#waiting -= 1;
    }
  };

  get #grant(): number {
    return this.#rate === undefined ? Infinity : Math.max((this.#rate * GRANT_MS) / 1000, LEAST_GRANT);
  }

  async #inTurn(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const before = this.#turns;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns = promise;
    try {
      await unlessAborted(before, signal);
      await work();
    } finally {
      // Who gives up still waits for those before it, so that nobody overtakes them.
      void before.then(resolve);
    }
  }

  /** Who gives up has paid nothing. */
  async #pay(bytes: number, signal: AbortSignal): Promise<void> {
    this.#fill();
    if (this.#rate === undefined) return;
    this.#tokens -= bytes;
    try {
      // A rate of 0 lets nothing pass until it changes.
      for (let wait = this.#wait; wait > 0; wait = this.#wait) {
        await this.#clock.sleep(Math.ceil(Math.min(wait, LOOK_MS)), signal);
        this.#fill();
      }
    } catch (error) {
      this.#tokens += bytes;
      throw error;
    }
  }

  /** ms until what was taken is there. */
  get #wait(): number {
    return this.#rate === undefined ? 0 : (-this.#tokens / this.#rate) * 1000;
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    const rate = this.#rate ?? 0;
    const burst = (rate * BURST_MS) / 1000;
    this.#tokens =
      this.#rate === undefined ? 0 : Math.min(burst, this.#tokens + ((now - this.#filledAt) * rate) / 1000);
    this.#filledAt = now;
  }
}
