import { type Logger as CronLogger, type ScheduledTask, schedule } from 'node-cron';
import type { Startable } from '../core/lifecycle.ts';
import type { Ticks } from '../core/ticks.ts';
import { unlessAborted } from '../core/unless-aborted.ts';

/** A tick that comes no sooner comes without the wall clock. */
const PATIENCE_MS = 1500;
const silent: CronLogger = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/**
 * A tick at every full second of the wall clock, from node-cron, shared by all who wait; nobody waiting, no work.
 *
 * Each tick is a job of its own, for a second of the year. One job `* * * * * *` would not survive a clock that jumps: node-cron goes through every
 * second that was missed (2.6 million of them after 30 days, the event loop standing still), and after a jump back waits until the old time comes
 * again. A yearly job misses as many as years passed, and runs late rather than not at all; a timer of monotonic time stands in after a jump back.
 * It is planned in UTC, where no second is there twice.
 */
export class CronTicks implements Ticks, Startable {
  readonly name = 'ticks';
  #tick: Promise<void> | undefined;
  #end: (() => void) | undefined;

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#end?.();
    return Promise.resolve();
  }

  next(signal: AbortSignal): Promise<void> {
    this.#tick ??= this.#begin();
    return unlessAborted(this.#tick, signal);
  }

  async #begin(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#end = resolve;
    const job = jobFor(new Date(Date.now() + 1000), resolve);
    const timer = setTimeout(resolve, PATIENCE_MS).unref();
    try {
      await promise;
    } finally {
      this.#tick = undefined;
      clearTimeout(timer);
      void job.destroy();
    }
  }
}

function jobFor(second: Date, run: () => void): ScheduledTask {
  const time = `${second.getUTCSeconds()} ${second.getUTCMinutes()} ${second.getUTCHours()}`;
  const pattern = `${time} ${second.getUTCDate()} ${second.getUTCMonth() + 1} *`;
  return schedule(pattern, run, {
    timezone: 'UTC',
    missedExecutionTolerance: Infinity,
    suppressMissedWarning: true,
    logger: silent,
    unref: true,
  });
}
