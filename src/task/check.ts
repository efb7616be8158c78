import { BftError } from '../core/errors.ts';
import { METHODS } from '../core/method.ts';
import { checkPackageName, checkPaths, checkSegment } from './names.ts';
import { parseRatio } from './ratio.ts';
import { LIST_KEY, type TaskFile } from './task-file.ts';

/**
 * Checks a received task before anything is done with it: names first, then sums (BT-11, BR-23, BR-29). `path` is the task file's, for the
 * exact texts of the protocol.
 */
export function checkTask(task: TaskFile, path: string): void {
  checkTaskNames(task);
  checkPaths(task.filelist.map(({ file }) => file));
  parseRatio(task['bt-obs-cdn']);
  if (task.size === 0) throw new BftError('SIZES_DIFFER', `total files size equal 0 :${path}`);
  checkLists(task, path);
}

/** Checks what working directories are named after. Throws NAME_UNSAFE. */
export function checkTaskNames(task: TaskFile): void {
  checkPackageName(task.name);
  checkSegment(task.basesubdir);
}

function checkLists(task: TaskFile, path: string): void {
  const different = () => new BftError('SIZES_DIFFER', `totalsize != all lists sum : ${path}`);
  const sizes = new Map(task.filelist.map(({ file, size }) => [file, size]));
  const assigned = new Set<string>();
  let total = 0;
  for (const method of METHODS) {
    let sum = 0;
    for (const file of task[LIST_KEY[method]]) {
      const size = sizes.get(file);
      if (size === undefined || assigned.has(file)) throw different();
      assigned.add(file);
      sum += size;
    }
    if (sum !== task[`${LIST_KEY[method]}size`]) throw different();
    total += sum;
  }
  if (assigned.size !== sizes.size || total !== task.size) throw different();
}
