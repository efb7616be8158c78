import { BftError } from '../core/errors.ts';
import { METHODS, type Method } from '../core/method.ts';
import { parseDeadline } from './deadline.ts';
import { checkPackageName, checkPaths, checkSegment } from './names.ts';
import { parseRatio } from './ratio.ts';
import { LIST_KEY, listSize, type TaskFile } from './task-file.ts';
import { checkTimetables } from './task-timetable.ts';

/**
 * Checks a received task before anything is done with it: names first, then windows and sums (BT-11, BR-23, BR-29). `path` is the task file's, for the
 * exact texts of the protocol.
 */
export function checkTask(task: TaskFile, path: string): void {
  checkTaskNames(task);
  checkPaths(task.filelist.map(({ file }) => file));
  if (task.type === 'file' && (task.filelist.length !== 1 || task.filelist[0]?.file !== task.name)) {
    throw new BftError('TASK_FILE_INVALID', `a task of type file lists one file, named ${task.name} : ${path}`);
  }
  parseRatio(task['bt-obs-cdn']);
  checkDeadline(task, path);
  checkTimetables(task, path);
  if (task.size === 0) throw new BftError('SIZES_DIFFER', `total files size equal 0 :${path}`);
  checkLists(task, path);
}

/** One that has passed is taken: late is better than never. Throws TASK_FILE_INVALID for what is no time. */
function checkDeadline({ deadline = '' }: TaskFile, path: string): void {
  if (deadline === '') return;
  try {
    parseDeadline(deadline);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new BftError('TASK_FILE_INVALID', `${why} : ${path}`, { cause });
  }
}

/** Checks what working directories are named after. Throws NAME_UNSAFE. */
export function checkTaskNames(task: TaskFile): void {
  checkPackageName(task.name);
  checkSegment(task.basesubdir);
}

/**
 * Every file is in one list or here already (`localsamefiles`), and the sums fit: those of the sender (BR-29), and those that a receiver noted after it
 * took out what it has (BR-28).
 */
function checkLists(task: TaskFile, path: string): void {
  const isReduced = (task.localsamefiles ?? []).length > 0;
  const sentSum = METHODS.reduce((sum, method) => sum + task[`${LIST_KEY[method]}size`], 0);
  const isWhole = isPartition(task, ['localsamefiles', ...METHODS.map(method => LIST_KEY[method])]);
  const isRight = isWhole && (isReduced ? fitsReduced(task) : fitsSent(task) || fitsReduced(task));
  if (sentSum === task.size && isRight) return;
  const what = isReduced && sentSum === task.size ? 'all lists2 sum + localsamesize' : 'all lists sum';
  throw new BftError('SIZES_DIFFER', `totalsize != ${what} : ${path}`);
}

type ListKey = 'localsamefiles' | (typeof LIST_KEY)[Method];

/** Each file of the package stands in exactly one of the lists, and nothing else does. */
function isPartition(task: TaskFile, keys: readonly ListKey[]): boolean {
  const listed = keys.flatMap(key => task[key] ?? []);
  const files = new Set(task.filelist.map(({ file }) => file));
  return listed.length === files.size && new Set(listed).size === files.size && listed.every(file => files.has(file));
}

const fitsSent = (task: TaskFile) =>
  METHODS.every(method => listSize(task, LIST_KEY[method]) === task[`${LIST_KEY[method]}size`]) && fitsTotal(task);

const fitsReduced = (task: TaskFile) =>
  METHODS.every(method => listSize(task, LIST_KEY[method]) === task[`${LIST_KEY[method]}size2`]) && fitsTotal(task);

const fitsTotal = (task: TaskFile) => task.filelist.reduce((sum, { size }) => sum + size, 0) === task.size;
