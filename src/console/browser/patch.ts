import type { TaskRow, TasksPage, TasksPatch } from '../../api/rest/shapes.ts';

/** The page after a patch. What did not change stays the same object, so that only what changed is drawn again. */
export function patched(page: TasksPage, { node, tasks }: TasksPatch): TasksPage {
  const known = new Set(page.tasks.map(({ id }) => id));
  const kept = page.tasks.flatMap(row => changed(row, tasks[row.id]));
  const added = Object.entries(tasks).flatMap(([id, row]) => (row && !known.has(id) ? [row as TaskRow] : []));
  return { node: node ? { ...page.node, ...node } : page.node, tasks: [...kept, ...added] };
}

function changed(row: TaskRow, change: Partial<TaskRow> | null | undefined): TaskRow[] {
  if (change === null) return [];
  return [change === undefined ? row : { ...row, ...change }];
}

/** A patch counts only right after the one before it. */
export const isNext = (number: number, last: number): boolean => number === last + 1;
