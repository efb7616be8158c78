import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { ReceivingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { Intake } from './intake.ts';
import { RunningTasks } from './running-tasks.ts';
import type { TaskRecords } from './task-records.ts';
import { hasEnded, sleepUntilOver, type Transports } from './serving.ts';

export interface FinishedTasksOptions {
  /** Hours that a finished package is served on by bt. */
  readonly seedHours: () => number;
  /** Hours after which a task moves to history. */
  readonly historyAfter: () => number;
}

interface Components {
  readonly store: TaskStore<ReceivingState>;
  readonly records: TaskRecords;
  readonly transports: Transports;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was received: what its transfer leaves behind goes at once, the task itself to history in time, when nothing serves any more (decision 13). */
export class FinishedTasks {
  readonly #c: Components;
  readonly #options: FinishedTasksOptions;
  readonly #ageing: RunningTasks;
  readonly #seeding = new Set<string>();

  constructor(components: Components, options: FinishedTasksOptions) {
    this.#c = components;
    this.#options = options;
    this.#ageing = new RunningTasks(components.log);
  }

  async start(): Promise<void> {
    for (const name of await this.#c.store.list('downloaded')) this.add(name);
  }

  stop(): Promise<void> {
    return this.#ageing.stopAll();
  }

  add(name: string): void {
    this.#ageing.start(name, signal => this.#age(name, signal));
  }

  /** Lets go of a task that `receive` is to receive anew, and takes it up again should that fail. */
  async release<T>(name: string, receive: () => Promise<T>): Promise<T> {
    await this.#ageing.stop(name);
    try {
      return await receive();
    } catch (error) {
      if ((await this.#c.store.find(name)) === 'downloaded') this.add(name);
      throw error;
    }
  }

  /** Ends a task whose package is about to be replaced by another's. */
  async retire(name: string): Promise<void> {
    await this.#ageing.stop(name);
    if ((await this.#c.store.find(name)) === 'downloaded') await this.#c.store.move(name, 'downloaded', 'history');
  }

  /** Takes a finished task off the list, `also` what goes with it, before; false when it is not finished. */
  async remove(name: string, also: () => Promise<void>): Promise<boolean> {
    const { store, records } = this.#c;
    return await this.release(name, async () => {
      const state = await store.find(name);
      if (state !== 'downloaded' && state !== 'history') return false;
      await also();
      await records.forget(name);
      await store.remove(state, name);
      return true;
    });
  }

  isSeeding(name: string): boolean {
    return this.#seeding.has(name);
  }

  async #age(name: string, signal: AbortSignal): Promise<void> {
    const { store, clock, intake } = this.#c;
    const task = await store.read('downloaded', name);
    await intake.cleanUp(intake.bareItem(name, task));
    const finished = Date.parse((task.finishedtime ?? '').replace(' ', 'T'));
    const since = Number.isNaN(finished) ? clock.now() : finished;
    await this.#seed(name, task, since, signal);
    await sleepUntilOver(clock, since, this.#options.historyAfter(), signal);
    await store.move(name, 'downloaded', 'history');
  }

  /** Serves the finished package to others by bt, where that is wanted. */
  async #seed(name: string, task: TaskFile, since: number, signal: AbortSignal): Promise<void> {
    const { transports, clock, log, intake } = this.#c;
    const hours = this.#options.seedHours();
    if (hasEnded(clock, since, hours)) return;
    try {
      const item = await intake.item(name, task, signal);
      if (!item.shared) return;
      try {
        await transports.bt.publish(item, signal);
        this.#seeding.add(name);
        await sleepUntilOver(clock, since, hours, signal);
      } finally {
        this.#seeding.delete(name);
        await transports.bt.withdraw(item);
      }
    } catch (error) {
      signal.throwIfAborted();
      log.error({ task: name, err: error }, 'a received package is not served on');
    }
  }
}
