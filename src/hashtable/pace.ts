import type { Clock } from '../core/clock.ts';

/** A pause is no longer than that, ms: the machine may have been asleep. */
const MOST_PAUSE_MS = 10_000;

/** Holds work in the background to its share of the time, as long as somebody needs the machine. */
export class Pace {
  readonly #clock: Clock;
  /** Percent, 1 to 100. */
  readonly #share: () => number;
  readonly #isBusy: () => boolean;
  #since = 0;

  constructor({ clock }: { clock: Clock }, share: () => number, isBusy: () => boolean) {
    this.#clock = clock;
    this.#share = share;
    this.#isBusy = isBusy;
  }

  /** Work begins now. */
  begin(): void {
    this.#since = this.#clock.monotonic();
  }

  /** A part of it is done: pauses in proportion to what it took. Rejects with the signal's reason. */
  readonly rest = async (signal: AbortSignal): Promise<void> => {
    const worked = this.#clock.monotonic() - this.#since;
    const share = this.#share();
    if (this.#isBusy() && share < 100)
      await this.#clock.sleep(Math.min((worked * (100 - share)) / share, MOST_PAUSE_MS), signal);
    this.begin();
  };
}
