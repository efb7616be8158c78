import { BftError } from '../core/errors.ts';
import { METHODS, type Method } from '../core/method.ts';
import { LIST_KEY, type TaskFile } from './task-file.ts';
import { Timetable } from './timetable.ts';
import { TimetableError } from './timetable-text.ts';

/** Whoever runs asks once a second. What cannot be read is known, too. */
const known = new Map<string, Timetable | TimetableError>();
const MAX_KNOWN = 200;

/** Any other policy knows no windows (BW-03). */
export const isPriortime = ({ policy }: TaskFile): boolean => policy === 'priortime';

/**
 * When a node fetches a method's share of a task: by its own timetable where it has one, for the line is its own; else by the task's `windows`, else by
 * its `priortime` (BW-04), else always. `own` is a text that was checked, '' for none. Throws TASK_FILE_INVALID.
 */
export function timetableOf(task: TaskFile, method: Method, own: string): Timetable {
  if (!isPriortime(task)) return Timetable.always;
  if (own !== '') return ownTimetable(own);
  return ofTask(task, method, task.name);
}

/** The node's own, of a text that was checked. */
export const ownTimetable = (text: string): Timetable => parse(text, false);

/** Whether the hours of a method, which may have no share as the task came, can be read. */
export function hasReadableHours(task: TaskFile, method: Method): boolean {
  try {
    if (isPriortime(task)) ofTask(task, method, task.name);
    return true;
  } catch (error) {
    if (error instanceof BftError) return false;
    throw error;
  }
}

/**
 * Refuses a task of policy priortime with hours that cannot be read: to take them for the whole day would fill a line at noon. What is never followed is
 * not read: a method without a share, and `priortime` beside `windows`. Throws TASK_FILE_INVALID.
 */
export function checkTimetables(task: TaskFile, path: string): void {
  if (!isPriortime(task)) return;
  for (const method of METHODS) if (task[LIST_KEY[method]].length > 0) ofTask(task, method, path);
}

const ofTask = (task: TaskFile, method: Method, where: string): Timetable =>
  read(task, method, 'windows', where) ?? read(task, method, 'priortime', where) ?? Timetable.always;

/** Undefined when absent or empty; `24:00` is read (BW-05). */
function read(task: TaskFile, method: Method, key: 'windows' | 'priortime', where: string): Timetable | undefined {
  const text = task[method][key] ?? '';
  if (text.trim() === '') return undefined;
  try {
    return parse(text, true);
  } catch (cause) {
    if (!(cause instanceof TimetableError)) throw cause;
    throw new BftError('TASK_FILE_INVALID', `${where}: ${method}.${key} "${text.slice(0, 100)}": ${cause.message}`, {
      cause,
    });
  }
}

/** Those that were not asked for longest are forgotten. */
function parse(text: string, allows24: boolean): Timetable {
  const key = `${allows24} ${text}`;
  const found = known.get(key) ?? parseAnew(text, allows24);
  known.delete(key);
  known.set(key, found);
  if (known.size > MAX_KNOWN) known.delete(known.keys().next().value ?? '');
  if (found instanceof TimetableError) throw found;
  return found;
}

function parseAnew(text: string, allows24: boolean): Timetable | TimetableError {
  try {
    return Timetable.parse(text, { allows24 });
  } catch (error) {
    if (error instanceof TimetableError) return error;
    throw error;
  }
}
