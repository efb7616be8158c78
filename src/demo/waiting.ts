import { type Clock, systemClock } from '../core/clock.ts';
import { NodeFailure } from './failure.ts';

const POLL_MS = 250;

/** Asks four times a second until the answer is not undefined; at most `limitMs`. */
export async function poll<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  signal: AbortSignal,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const deadline = systemClock.monotonic() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (systemClock.monotonic() > deadline) throw new NodeFailure(`${what}: nothing after ${limitMs / 1000} s`);
    await systemClock.sleep(POLL_MS, signal);
  }
}

/** Does all at once. When one fails, the others' signal aborts; the failure is thrown when all have come to an end. */
export async function together<T>(
  works: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<T[]> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const running = works.map(work =>
    work(either).catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(running);
  failure.signal.throwIfAborted();
  return await Promise.all(running);
}

/** Notices that nothing moves any more: a demo ends with an explanation, it does not hang. */
export class StallWatch {
  readonly #limitMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #last: unknown;
  #since: number;

  constructor(limitMs: number, clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#limitMs = limitMs;
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** `state` is anything that changes whenever there is progress. Throws NodeFailure when it did not for too long. */
  see(what: string, state: string | number): void {
    if (state !== this.#last) {
      this.#last = state;
      this.#since = this.#clock.monotonic();
    } else if (this.#clock.monotonic() - this.#since > this.#limitMs) {
      throw new NodeFailure(`${what}: no progress for ${this.#limitMs / 1000} s (${state})`);
    }
  }
}
