import { readdir } from 'node:fs/promises';
import { notThere } from '../../core/errors.ts';
import { removeDurable } from '../../disk/durable.ts';
import type { ObjectPlace } from './record-files.ts';
import { UploadIntent } from './upload-intent.ts';
import { UploadRecord } from './upload-record.ts';

/** The objects that the records of a task name: what was begun of them is not finished. */
async function recorded(directory: string): Promise<ObjectPlace[]> {
  const [records, intents] = await Promise.all([UploadRecord.all(directory), UploadIntent.all(directory)]);
  return [...records.map(({ begun }) => begun), ...intents.map(({ place }) => place)];
}

export async function recordedBuckets(directory: string): Promise<Set<string>> {
  return new Set((await recorded(directory)).map(({ bucket }) => bucket));
}

export async function recordedKeys(directory: string, bucket: string): Promise<Set<string>> {
  const places = await recorded(directory);
  return new Set(places.filter(place => place.bucket === bucket).map(({ key }) => key));
}

/** The names of the tasks that have records below a directory. */
export async function recordedTasks(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(notThere)) ?? [];
}

/** Removes the directory of a task unless there is still something to discard: without its record nobody would find it. */
export async function removeEmptied(directory: string): Promise<void> {
  if ((await recorded(directory)).length === 0) await removeDurable(directory);
}
