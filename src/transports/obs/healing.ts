import type { Clock } from '../../core/clock.ts';
import { asBftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { pauseMs } from '../../transfer/retry.ts';

/** In a row, without any other part getting through meanwhile. */
const TRIES = 4;

/**
 * Tries the requests of one upload again, each for itself, with growing pauses (BE-20): one that fails disturbs none of the others. While anything
 * gets through, nothing is given up; when nothing does, the upload fails after four tries and goes on from its parts when it is published again.
 */
export class Healing {
  readonly #clock: Clock;
  readonly #log: Logger;
  #successes = 0;

  constructor({ clock, log }: { clock: Clock; log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  async run<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const before = this.#successes;
      try {
        const result = await work();
        this.#successes++;
        return result;
      } catch (cause) {
        signal.throwIfAborted();
        const error = asBftError(cause, 'SOURCE_UNREACHABLE', what);
        if (this.#successes > before) tries = 1;
        if (error.permanent || tries >= TRIES) throw error;
        const pause = pauseMs(tries, error, Math.random);
        this.#log.warn({ code: error.code, pauseMs: Math.round(pause) }, `${what} is tried again: ${error.message}`);
        await this.#clock.sleep(pause, signal);
      }
    }
  }
}
