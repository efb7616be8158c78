import type { Config } from '../config/schema.ts';
import { BftError } from '../core/errors.ts';
import { isInside, refuseLinks } from '../disk/inside.ts';
import type { ReceivingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { TaskFile } from '../task/task-file.ts';
import { removePackage } from '../transfer/assemble.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { AvoidRepeat } from './avoid-repeat.ts';

interface Components {
  readonly store: TaskStore<ReceivingState>;
  readonly avoidRepeat: Pick<AvoidRepeat, 'forget'>;
  readonly item: (name: string, task: TaskFile) => TransferItem;
  /** Throws while this node sends the package or makes a task of it. */
  readonly refuseSent: (task: TaskFile) => Promise<void>;
}

/** Received packages in the storage, where people want them deleted. */
export class StoredPackages {
  readonly #c: Components;
  readonly #config: () => Config;

  constructor(components: Components, config: () => Config) {
    this.#c = components;
    this.#config = config;
  }

  /** Removes the package from storage and hash table. Throws what `check` throws, and DISK_WRITE; then it may be called again. */
  async remove(item: TransferItem): Promise<void> {
    await this.check(item);
    await removePackage(item);
    await this.#c.avoidRepeat.forget(item);
  }

  /** Throws TASK_EXISTS when the package at that place is another task's, too, NAME_UNSAFE when the place is none of a package. */
  async check(item: TransferItem): Promise<void> {
    const { basedatapath, transferpath, statepath, receiverpath, senderpath } = this.#config();
    const { packagePath, task } = item;
    const own = [basedatapath, transferpath, statepath, receiverpath, senderpath];
    if (!isInside(basedatapath, packagePath) || own.some(path => isInside(packagePath, path))) {
      throw new BftError('NAME_UNSAFE', `${packagePath} is no place of a package below ${basedatapath}`);
    }
    await refuseLinks(basedatapath, packagePath);
    await this.#c.refuseSent(task);
    await this.#refuseShared(item);
  }

  /** In plan A tasks of several organisations have one place (BN-004). */
  async #refuseShared({ name, task, packagePath }: TransferItem): Promise<void> {
    const { store } = this.#c;
    for (const state of ['queues', 'downloading', 'downloaded', 'history'] as const) {
      for (const other of await store.list(state)) {
        if (other === name || !other.endsWith(`-${task.name}.task.json`)) continue;
        const found = await store.get(other).catch(() => undefined);
        if (!found?.task || this.#c.item(other, found.task).packagePath !== packagePath) continue;
        // Of those that ended the last one has put its package there.
        if (found.state === 'history' && (found.task.finishedtime ?? '') < (task.finishedtime ?? '')) continue;
        throw new BftError('TASK_EXISTS', `the package ${packagePath} is also that of ${other} in ${found.state}`);
      }
    }
  }
}
