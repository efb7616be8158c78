import type { Clock } from './clock.ts';

const TICK_MS = 1000;

/** Wakes those who have to look at the wall clock, the configuration or both. */
export interface Ticks {
  /** Resolves at the next tick, within about a second whatever the wall clock does; rejects with the signal's reason when it aborts. */
  next(signal: AbortSignal): Promise<void>;
}

/** Seconds of a clock that tests move on. */
export const clockTicks = (clock: Clock): Ticks => ({ next: signal => clock.sleep(TICK_MS, signal) });
