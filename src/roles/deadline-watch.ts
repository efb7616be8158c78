import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { formatLocalTime } from '../core/units.ts';

const LOOK_MS = 60_000;

/** A task that is being received and is to be complete by a certain time. */
export interface DatedTask {
  readonly name: string;
  /** ms since the epoch. */
  readonly deadline: number;
  /** It is not complete before this, ms since the epoch; Infinity: nobody goes on with it. */
  readonly earliest: number;
  readonly isAtRisk: boolean;
  /** It is known when it will be complete. */
  readonly isKnown: boolean;
}

export interface DeadlineWatchComponents {
  /** Those that wait or download. */
  readonly tasks: () => Promise<readonly DatedTask[]>;
  readonly events: Pick<Events, 'add'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks once a minute which tasks will miss their deadlines; says so once when one is at risk, and once when it is on time again. */
export class DeadlineWatch implements Startable {
  readonly name = 'deadlines';
  readonly #c: DeadlineWatchComponents;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #atRisk: ReadonlySet<string> = new Set();

  constructor(components: DeadlineWatchComponents) {
    this.#c = components;
  }

  start(): Promise<void> {
    this.#running = this.#watch(this.#stopping.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#c;
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => log.error({ err: error }, 'deadlines cannot be looked at'));
      await clock.sleep(LOOK_MS, signal).catch(() => signal.aborted);
    }
  }

  async #look(): Promise<void> {
    const before = this.#atRisk;
    const tasks = await this.#c.tasks();
    // What was told stands until the contrary is known.
    const isStill = ({ name, isAtRisk, isKnown }: DatedTask) => isAtRisk || (!isKnown && before.has(name));
    this.#atRisk = new Set(tasks.filter(isStill).map(({ name }) => name));
    for (const task of tasks) {
      const isNow = this.#atRisk.has(task.name);
      if (isNow && !before.has(task.name)) this.#warn(task);
      if (!isNow && before.has(task.name)) this.#relax(task);
    }
  }

  #warn(task: DatedTask): void {
    const { events, clock, log } = this.#c;
    const { name, deadline } = task;
    const text =
      deadline < clock.now()
        ? `${name} is not complete, and its deadline ${formatLocalTime(deadline)} has passed`
        : expectation(task);
    log.warn({ task: name, code: 'DEADLINE_AT_RISK', deadline: formatLocalTime(deadline) }, text);
    events.add('DEADLINE_AT_RISK', name, text);
  }

  #relax({ name, deadline }: DatedTask): void {
    const text = `${name} is on time again for its deadline ${formatLocalTime(deadline)}`;
    this.#c.log.info({ task: name }, text);
    this.#c.events.add('DEADLINE_ON_TIME', name, text);
  }
}

function expectation({ name, deadline, earliest }: DatedTask): string {
  const by = formatLocalTime(deadline);
  return Number.isFinite(earliest)
    ? `${name} will not be complete by its deadline ${by}, as it goes now: not before ${formatLocalTime(earliest)}`
    : `${name} will not be complete by its deadline ${by}: its tries are used up`;
}
