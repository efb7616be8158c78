import { createHash } from 'node:crypto';
import type { TaskFile } from './task-file.ts';

/** What a task is made of, as 16 hex digits: a task made anew under the same name is another one. */
export function taskIdentity(task: TaskFile): string {
  const { infohash, tmpinfohash } = task.bt;
  const parts = [infohash, tmpinfohash, task.filelist, task.btlist, task.obslist, task.cdnlist];
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
