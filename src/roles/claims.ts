import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BftError, notThere } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import { makeDirectory, writeDurable } from '../disk/durable.ts';
import type { ReceivingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import { cleanUp } from '../transfer/assemble.ts';
import type { TransferItem } from '../transfer/item.ts';

/** Whose the place of a package and its working directories are: task files of several names may hold one package. */
export class Claims {
  readonly #store: TaskStore<ReceivingState>;
  readonly #lock = new KeyedLock();

  constructor(store: TaskStore<ReceivingState>) {
    this.#store = store;
  }

  /** Throws TASK_EXISTS while they are those of another task that waits or runs. */
  async take(item: TransferItem): Promise<void> {
    await this.#lock.run(item.ownerPath, async () => {
      const owner = await this.#ownerOf(item);
      if (owner === item.name) return;
      if (owner !== undefined) {
        throw new BftError('TASK_EXISTS', `the package ${item.task.name} is being received by the task ${owner}`);
      }
      await makeDirectory(dirname(item.ownerPath));
      await writeDurable(item.ownerPath, item.name);
    });
  }

  /** Removes the working data of a task, unless it has become another's. */
  async cleanUp(item: TransferItem): Promise<void> {
    const owner = await this.#ownerOf(item);
    if (owner === undefined || owner === item.name) await cleanUp(item);
  }

  /** The waiting or running task that the place belongs to. */
  async #ownerOf(item: TransferItem): Promise<string | undefined> {
    const owner = await readFile(item.ownerPath, 'utf8').catch(notThere);
    if (owner === undefined || owner === item.name) return owner;
    const state = await this.#store.find(owner);
    return state === 'queues' || state === 'downloading' ? owner : undefined;
  }
}
