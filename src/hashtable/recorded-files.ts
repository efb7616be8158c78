import { lstat, opendir } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { notThere } from '../core/errors.ts';
import { isOwnFile, isRecordedDirectory, isRecordedFile } from './recorded.ts';

interface Where {
  readonly storage: string;
  /** The table's text. */
  readonly path: string;
  readonly isExcluded: (directory: string) => boolean;
}

/** The regular files at and below a path of the storage that belong into the table (decision 29), in bounded memory. Rejects with what the disk says. */
export async function* recordedFiles(
  path: string,
  { storage, path: table, isExcluded }: Where,
): AsyncGenerator<string> {
  const above = relative(storage, path).split(sep).slice(0, -1);
  if (!above.every(isRecordedDirectory)) return;
  const info = await lstat(path).catch(notThere);
  const isRoot = path === storage;
  if (info?.isFile() && isRecordedFile(basename(path))) yield path;
  if (!isRoot && (!info?.isDirectory() || !isRecordedDirectory(basename(path)))) return;
  for await (const file of below(path, isExcluded)) if (!isOwnFile(table, file)) yield file;
}

async function* below(root: string, isExcluded: (directory: string) => boolean): AsyncGenerator<string> {
  const waiting = [root];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    if (isExcluded(directory)) continue;
    for await (const entry of await opendir(directory)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && isRecordedDirectory(entry.name)) waiting.push(path);
      if (entry.isFile() && isRecordedFile(entry.name) && isUtf8Name(entry.name)) yield path;
    }
  }
}

/** Node puts this in the place of bytes that are none. */
const isUtf8Name = (name: string): boolean => !name.includes('\ufffd');
