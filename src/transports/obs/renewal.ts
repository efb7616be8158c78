import type { Clock } from '../../core/clock.ts';
import { asBftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { pauseMs } from '../../transfer/retry.ts';

interface Components {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Signs the list of a task anew in time. One that fails is tried again with growing pauses (BE-20): receivers live on the addresses that are left. */
export class Renewal {
  readonly #c: Components;
  readonly #task: string;
  readonly #sign: () => Promise<void>;
  readonly #stopped = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #renewing: Promise<void> | undefined;

  constructor(components: Components, task: string, everyMs: number, sign: () => Promise<void>) {
    this.#c = components;
    this.#task = task;
    this.#sign = sign;
    this.#timer = setInterval(() => this.#renew(), everyMs).unref();
  }

  /** Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#renewing;
  }

  #renew(): void {
    this.#renewing ??= this.#persist(this.#stopped.signal).finally(() => (this.#renewing = undefined));
  }

  async #persist(signal: AbortSignal): Promise<void> {
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        return await this.#sign();
      } catch (cause) {
        const error = asBftError(cause, 'INTERNAL', this.#task);
        const pause = pauseMs(tries, error, Math.random);
        const what = `the signed addresses could not be renewed and are tried again: ${error.message}`;
        this.#c.log.error({ task: this.#task, code: error.code, pauseMs: Math.round(pause) }, what);
        // Stopped while it waits, there is nothing more to do.
        await this.#c.clock.sleep(pause, signal).catch(() => {});
      }
    }
  }
}
