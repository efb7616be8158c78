import { BftError } from '../core/errors.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { TaskFile } from '../task/task-file.ts';

/**
 * Throws TASK_EXISTS while a task of the same package is in one of the states: a node either sends a package or receives it, since both would work
 * on the same files.
 */
export async function refusePackage<State extends string>(
  store: TaskStore<State>,
  states: readonly State[],
  { basesubdir, name }: TaskFile,
  doing: 'sending' | 'receiving',
): Promise<void> {
  for (const state of states) {
    for (const other of await store.list(state)) {
      // One that moves on meanwhile is met where it is; one that cannot be read is at work on nothing.
      const found = await store.get(other).catch(() => undefined);
      if (!found?.task || !states.includes(found.state)) continue;
      if (found.task.basesubdir !== basesubdir || found.task.name !== name) continue;
      throw new BftError('TASK_EXISTS', `this node is ${doing} the package ${name} of ${basesubdir} itself`);
    }
  }
}
