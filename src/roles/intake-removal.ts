import { BftError } from '../core/errors.ts';
import type { KeyedLock } from '../core/keyed-lock.ts';
import type { Logger } from '../core/log.ts';
import type { ReceivingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Attempts } from './attempts.ts';
import type { OpenLedgers } from './open-ledgers.ts';
import type { PausedTasks } from './paused-tasks.ts';
import type { QueueRunner } from './queue-runner.ts';
import { type Transports, withdrawAll } from './serving.ts';
import type { TaskRecords } from './task-records.ts';

interface Components {
  readonly store: TaskStore<ReceivingState>;
  readonly records: Pick<TaskRecords, 'forget'>;
  readonly paused: Pick<PausedTasks<ReceivingState>, 'has'>;
  readonly transports: Transports;
  readonly queue: Pick<QueueRunner<ReceivingState>, 'cancel' | 'resume'>;
  readonly attempts: Pick<Attempts<ReceivingState>, 'forget'>;
  readonly lock: KeyedLock;
  readonly ledgers: Pick<OpenLedgers, 'drop'>;
  /** Throws NAME_UNSAFE. */
  readonly bareItem: (name: string, task: TaskFile) => TransferItem;
  /** Removes the working data of a task, unless it has become another's. */
  readonly cleanUp: (item: TransferItem) => Promise<void>;
  readonly log: Logger;
}

/** Ends received tasks that are not complete (decision 14). */
export class IntakeRemoval {
  readonly #c: Components;

  constructor(components: Components) {
    this.#c = components;
  }

  /**
   * Stops a task that waits or runs and removes its partial data. False when there is none, also when it ended in the very moment: finished packages are
   * never touched.
   */
  cancel(name: string): Promise<boolean> {
    return this.#c.lock.run(name, () => this.remove(name, () => Promise.resolve()));
  }

  /** The same for those who hold the lock; `also` removes more of it before the task goes. One that cannot be removed goes on. */
  async remove(name: string, also: () => Promise<void>): Promise<boolean> {
    let isRemoved = false;
    try {
      await this.#c.queue.cancel(name, async () => {
        isRemoved = await this.#removeUnfinished(name, also);
      });
    } catch (error) {
      await this.goOn(name);
      throw error;
    }
    return isRemoved;
  }

  /** What was to end it failed: it must not lie there without anybody working on it. */
  async goOn(name: string): Promise<void> {
    const { store, paused, queue } = this.#c;
    if (!paused.has(name) && (await store.find(name)) === 'downloading') queue.resume(name);
  }

  async #removeUnfinished(name: string, also: () => Promise<void>): Promise<boolean> {
    const { store } = this.#c;
    const found = await store.find(name);
    if (found !== 'queues' && found !== 'downloading') return false;
    await this.#removeData(name, found);
    await also();
    // An unreadable task file was moved away by reading it.
    if ((await store.find(name)) === found) await store.remove(found, name);
    return true;
  }

  /** The data goes before the task: after a crash in between there still is a task to cancel. */
  async #removeData(name: string, state: ReceivingState): Promise<void> {
    const { store, ledgers, transports, attempts, records, bareItem, cleanUp, log } = this.#c;
    await ledgers.drop(name);
    try {
      const item = bareItem(name, await store.read(state, name));
      await withdrawAll(transports, item);
      await cleanUp(item);
    } catch (error) {
      // A task file that cannot be read or trusted has no data that could be known.
      if (!(error instanceof BftError)) throw error;
      log.warn({ task: name, code: error.code }, error.message);
    }
    await attempts.forget(name);
    await records.forget(name);
  }
}
