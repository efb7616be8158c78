import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { SendingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import { seedHours, type TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { PausedTasks } from './paused-tasks.ts';
import { Places } from './places.ts';
import type { PublishedTask } from './published-task.ts';
import { RunningTasks } from './running-tasks.ts';
import type { SentItems } from './sent-items.ts';
import { hasEnded, sleepUntilOver, type Transports, withdrawAll } from './serving.ts';
import type { TaskRecords } from './task-records.ts';

interface Components {
  readonly store: TaskStore<SendingState>;
  readonly records: TaskRecords;
  readonly transports: Transports;
  readonly items: SentItems;
  readonly published: PublishedTask;
  readonly paused: Pick<PausedTasks<SendingState>, 'has'>;
  readonly publish: (item: TransferItem, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was uploaded: served until its seed time is over, then history, whether it can be served or not (decision 13). */
export class ServedTasks {
  readonly #c: Components;
  readonly #config: () => Config;
  readonly #serving: RunningTasks;
  /** All come at once after a start; they take as many places as uploads may. */
  readonly #places: Places;
  readonly #items = new Map<string, TransferItem>();
  /** Why a task is not served right now. */
  readonly #failures = new Map<string, BftError>();
  /** When those are tried again, ms since the epoch. */
  readonly #nextTries = new Map<string, number>();

  constructor(components: Components, config: () => Config) {
    this.#c = components;
    this.#config = config;
    this.#serving = new RunningTasks(components.log);
    this.#places = new Places(() => config().uploadingnum);
  }

  async start(): Promise<void> {
    for (const name of await this.#c.store.list('uploaded')) this.add(name);
  }

  stop(): Promise<void> {
    return this.#serving.stopAll();
  }

  /** Lets go of a task that is cancelled or sent anew. */
  release(name: string): Promise<void> {
    return this.#serving.stop(name);
  }

  failure(name: string): BftError | undefined {
    return this.#failures.get(name);
  }

  /** When it is tried again to serve it, ms since the epoch. */
  nextTry(name: string): number | undefined {
    return this.#nextTries.get(name);
  }

  /** Whether bt serves the task (BS-03, BS-04). */
  async isSeeding(name: string): Promise<boolean> {
    const item = this.#items.get(name);
    return item !== undefined && (await this.#c.transports.bt.status(item)).state === 'available';
  }

  /**
   * Takes up a task in `uploaded`; without an item of what is published already, that is made available first. Of a paused one only the end is waited
   * for.
   */
  add(name: string, published?: TransferItem): void {
    const { store, records, clock, paused } = this.#c;
    // It is being served already, whatever is read first.
    if (published) this.#items.set(name, published);
    this.#serving.start(name, async signal => {
      const task = await store.read('uploaded', name);
      const since = await records.servingSince(name, task, clock.now());
      const hours = seedHours(task, this.#config().defaultseedtime);
      const isOver = !published && hasEnded(clock, since, hours);
      const end = () => sleepUntilOver(clock, since, hours, signal);
      if (!isOver)
        await (paused.has(name) && !published ? this.#rest(name, task, end) : this.#serve(name, task, published, end));
      await this.#c.published.remove(name, task);
      await store.move(name, 'uploaded', 'history');
      await records.dropObsKeys(name, task);
    });
  }

  /** A kill may have come between the mark and what was published. */
  async #rest(name: string, task: TaskFile, end: () => Promise<void>): Promise<void> {
    await this.#c.published.removeTask(name, task);
    await end();
  }

  async #serve(name: string, task: TaskFile, published: TransferItem | undefined, end: () => Promise<void>) {
    const ending = new AbortController();
    const offering = this.#offer(name, task, published, ending.signal);
    try {
      await end();
    } finally {
      ending.abort();
      await offering;
      await this.#letGo(name);
    }
  }

  /** One that cannot be served says so, and is tried again for as long as it should be. */
  async #offer(name: string, task: TaskFile, published: TransferItem | undefined, signal: AbortSignal): Promise<void> {
    if (!published)
      while (!signal.aborted && !(await this.#publishAgain(name, task, signal))) await this.#pause(name, signal);
    if (!signal.aborted) await this.#c.published.add(name, task);
  }

  async #publishAgain(name: string, task: TaskFile, signal: AbortSignal): Promise<boolean> {
    try {
      const item = await this.#c.items.item(name, task);
      this.#items.set(name, item);
      await this.#places.run(signal, () => this.#c.publish(item, signal));
      this.#failures.delete(name);
      return true;
    } catch (cause) {
      if (signal.aborted) return false;
      const error = asBftError(cause, 'INTERNAL', name);
      this.#failures.set(name, error);
      this.#c.log.error({ task: name, code: error.code, err: error }, 'an uploaded task cannot be served');
      return false;
    }
  }

  async #pause(name: string, signal: AbortSignal): Promise<void> {
    const ms = this.#config().retryminutes * 60_000;
    this.#nextTries.set(name, this.#c.clock.now() + ms);
    await this.#c.clock.sleep(ms, signal).catch(() => {});
    this.#nextTries.delete(name);
  }

  async #letGo(name: string): Promise<void> {
    const item = this.#items.get(name);
    this.#items.delete(name);
    this.#failures.delete(name);
    if (item) await withdrawAll(this.#c.transports, item);
  }
}
