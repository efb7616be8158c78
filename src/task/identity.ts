import { createHash } from 'node:crypto';
import type { TaskFile } from './task-file.ts';

/**
 * What a task is made of, as 16 hex digits: a task made anew under the same name is another one. The lists are not part of it, since a receiver takes out
 * what it has; their sums at the sender are.
 */
export function taskIdentity(task: TaskFile): string {
  const { infohash, tmpinfohash } = task.bt;
  const sums = [task.btlistsize, task.obslistsize, task.cdnlistsize];
  const parts = [infohash, tmpinfohash, task.filelist, sums];
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
