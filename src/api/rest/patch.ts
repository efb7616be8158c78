import { isDeepStrictEqual } from 'node:util';
import type { TaskDetail, TaskRow, TasksPage, TasksPatch } from './shapes.ts';

/** What makes `after` of `before`; undefined: nothing. */
export function tasksPatch(before: TasksPage, after: TasksPage): TasksPatch | undefined {
  const node = changed(before.node, after.node);
  const old = new Map(before.tasks.map(task => [task.id, task]));
  const tasks: Record<string, Partial<TaskRow> | null> = {};
  for (const task of after.tasks) {
    const change = changed(old.get(task.id) ?? {}, task);
    if (change) tasks[task.id] = change;
    old.delete(task.id);
  }
  for (const id of old.keys()) tasks[id] = null;
  if (!node && Object.keys(tasks).length === 0) return undefined;
  return { ...(node && { node }), tasks };
}

/** One task as it is now, without its pieces where they are what they were; undefined: nothing changed. */
export function taskChange(before: TaskDetail, after: TaskDetail): Partial<TaskDetail> | undefined {
  if (isDeepStrictEqual(before, after)) return undefined;
  const { pieces, ...others } = after;
  return isDeepStrictEqual(before.pieces, pieces) ? others : after;
}

/** The fields of a row that are not what they were: whole ones, also where they have fields themselves. */
function changed<T extends object>(before: Partial<T>, after: T): Partial<T> | undefined {
  const keys = (Object.keys(after) as (keyof T)[]).filter(key => !isDeepStrictEqual(before[key], after[key]));
  return keys.length === 0 ? undefined : (Object.fromEntries(keys.map(key => [key, after[key]])) as Partial<T>);
}
