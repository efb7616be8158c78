import { appendFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError, type ErrorCode } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { formatLocalTime } from '../core/units.ts';
import { removeDurable, writeDurable } from '../disk/durable.ts';
import type { TaskStore } from '../queue/task-store.ts';

const HISTORY = '.errhistory';
/** What is wrong with the task file itself: no later try mends it. */
const OF_THE_TASK: ReadonlySet<ErrorCode> = new Set([
  'TASK_FILE_INVALID',
  'SIZES_DIFFER',
  'NAME_UNSAFE',
  'RATIO_INVALID',
]);

/**
 * Tries a task again after a failure: five tries, five minutes apart (decision 15, BE-22). Each failure stands beside the task file, so that
 * people find it: the last one in `<task><suffix>`, all of them in `<task>.errhistory`.
 */
export class Attempts<State extends string> {
  readonly #store: TaskStore<State>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #state: State;
  readonly #suffix: string;
  readonly #config: () => Config;
  readonly #failures = new Map<string, BftError>();
  readonly #givenUp = new Set<string>();
  /** ms since the epoch. */
  readonly #nextTries = new Map<string, number>();

  constructor(
    { store, clock, log }: { store: TaskStore<State>; clock: Clock; log: Logger },
    { state, suffix }: { state: State; suffix: string },
    config: () => Config,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#state = state;
    this.#suffix = suffix;
    this.#config = config;
  }

  /** The failure after which the task waits for its next try, or has given up. */
  failure(name: string): BftError | undefined {
    return this.#failures.get(name);
  }

  /** Its tries are used up. */
  hasGivenUp(name: string): boolean {
    return this.#givenUp.has(name);
  }

  /** When a task that failed is tried again, ms since the epoch; undefined while it is tried, and when nothing is tried any more. */
  nextTry(name: string): number | undefined {
    return this.#nextTries.get(name);
  }

  /**
   * Runs `attempt` until it succeeds, the tries are used up (resolves; the failure stays) or the signal aborts. `progress` grows when an attempt brings
   * something: the tries then begin anew, since a transfer of weeks meets many a failure.
   */
  async run(name: string, signal: AbortSignal, attempt: () => Promise<void>, progress = () => 0): Promise<void> {
    const { retries, retryminutes } = this.#config();
    this.#givenUp.delete(name);
    for (let tries = 1, before = progress(); ; tries++, before = progress()) {
      try {
        await attempt();
        return await this.forget(name);
      } catch (cause) {
        signal.throwIfAborted();
        const error = asBftError(cause, 'INTERNAL', name);
        if (progress() > before) tries = 1;
        // An unreadable task was moved to corrupt/ with its reason: nothing is left to try.
        if ((await this.#store.find(name)) !== this.#state) return;
        await this.#record(name, error, tries);
        // A full disk is emptied by somebody, however late; then it goes on by itself.
        if (error.code === 'DISK_FULL') tries -= 1;
        else if (tries >= retries || OF_THE_TASK.has(error.code)) return void this.#givenUp.add(name);
      }
      await this.#pause(name, retryminutes * 60_000, signal);
    }
  }

  async #pause(name: string, ms: number, signal: AbortSignal): Promise<void> {
    this.#nextTries.set(name, this.#clock.now() + ms);
    try {
      await this.#clock.sleep(ms, signal);
    } finally {
      this.#nextTries.delete(name);
    }
  }

  /** Removes the failure and what stands of it beside the task file. */
  async forget(name: string): Promise<void> {
    this.#failures.delete(name);
    this.#givenUp.delete(name);
    for (const suffix of [this.#suffix, HISTORY]) await removeDurable(this.#store.sidecar(this.#state, name, suffix));
  }

  async #record(name: string, error: BftError, tries: number): Promise<void> {
    const line = `${formatLocalTime(this.#clock.now())} try ${tries}: ${error.code} ${error.message}\n`;
    this.#log.error({ task: name, code: error.code, tries, err: error }, error.message);
    try {
      await writeDurable(this.#store.sidecar(this.#state, name, this.#suffix), `${line}${error.next}\n`);
      await appendFile(this.#store.sidecar(this.#state, name, HISTORY), line);
    } catch (cause) {
      // A full disk must not end the tries.
      this.#log.error({ task: name, err: cause }, 'the failure cannot be written beside the task');
    }
    this.#failures.set(name, error);
  }
}
