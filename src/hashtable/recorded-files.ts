import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { asBftError, errno, notThere } from '../core/errors.ts';
import { isOwnFile, isRecordedDirectory, isRecordedFile } from './recorded.ts';

interface Where {
  readonly storage: string;
  /** The table's text. */
  readonly path: string;
  readonly isExcluded: (directory: string) => boolean;
}

/** What was passed over. */
interface Told {
  /** A directory that cannot be listed, and why. */
  readonly onUnread: (directory: string, why: string) => void;
  /** How many names of files and directories are no UTF-8: the table is. Called once, and only if there are any. */
  readonly onBadNames: (count: number) => void;
}

/**
 * The regular files at and below a path of the storage that belong into the table (decision 29), in bounded memory. A directory that vanishes has none.
 * Rejects with SOURCE_UNREADABLE when the path itself cannot be listed.
 */
export async function* recordedFiles(path: string, where: Where, told: Told): AsyncGenerator<string> {
  const { storage, path: table } = where;
  const names = relative(storage, path);
  if (!isUtf8Name(names)) told.onBadNames(1);
  if (!names.split(sep).slice(0, -1).every(isRecordedDirectory)) return;
  const info = await lstat(path).catch(notThere);
  const isRoot = path === storage;
  if (info?.isFile() && isRecordedFile(basename(path))) yield path;
  if (!isRoot && (!info?.isDirectory() || !isRecordedDirectory(basename(path)))) return;
  for await (const file of below(path, where, told)) if (!isOwnFile(table, file)) yield file;
}

async function* below(root: string, { isExcluded }: Where, { onUnread, onBadNames }: Told): AsyncGenerator<string> {
  const waiting = [root];
  let badNames = 0;
  const fault = (directory: string, error: Error) => {
    if (directory === root) throw asBftError(error, 'SOURCE_UNREADABLE', directory);
    onUnread(directory, error.message);
  };
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    if (isExcluded(directory)) continue;
    for await (const entry of entries(directory, fault)) {
      if (!isRecorded(entry)) continue;
      if (!isUtf8Name(entry.name)) badNames += 1;
      else if (entry.isFile()) yield join(directory, entry.name);
      else waiting.push(join(directory, entry.name));
    }
  }
  if (badNames > 0) onBadNames(badNames);
}

async function* entries(path: string, fault: (path: string, error: Error) => void): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path);
  } catch (error) {
    if (errno(error) === undefined) throw error;
    if (!['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) fault(path, error as Error);
  }
}

const isRecorded = (entry: Dirent): boolean =>
  entry.isFile() ? isRecordedFile(entry.name) : entry.isDirectory() && isRecordedDirectory(entry.name);

/** Node puts this in the place of bytes that are none. */
const isUtf8Name = (name: string): boolean => !name.includes('\ufffd');
