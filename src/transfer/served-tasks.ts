import { BftError } from '../core/errors.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { Transport } from './transport.ts';

/** Whether the hours in which a task may move are over. Throws TASK_FILE_INVALID. */
type IsClosed = (task: TaskFile) => boolean;

/** What one method serves right now: for nodes that keep windows also in what they serve (decision 25, `servewindows`). */
export class ServedTasks {
  readonly #tasks = new Map<string, TaskFile>();

  /** Notes what is published, and what is served while it is fetched, until it is withdrawn. */
  noting(transport: Transport): Transport {
    return {
      method: transport.method,
      status: item => transport.status(item),
      publish: (item, signal) => {
        this.#tasks.set(item.name, item.task);
        return transport.publish(item, signal);
      },
      fetch: (item, extents, ledger, signal) => {
        this.#tasks.set(item.name, item.task);
        return transport.fetch(item, extents, ledger, signal);
      },
      withdraw: item => {
        this.#tasks.delete(item.name);
        return transport.withdraw(item);
      },
    };
  }

  /** A task whose hours cannot be read is served at any time. */
  isClosed(name: string, isClosed: IsClosed): boolean {
    const task = this.#tasks.get(name);
    try {
      return task !== undefined && isClosed(task);
    } catch (error) {
      if (error instanceof BftError) return false;
      throw error;
    }
  }
}
