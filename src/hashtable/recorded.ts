import { basename, dirname, join } from 'node:path';

/** Marks, torrents and tasks that lie beside the packages. */
const BESIDE = /\.(torrent|finished|signed\.json|task\.json)$/;

/** Whether a regular file of that name belongs into the table (decision 29). A line has no room for a newline. */
export const isRecordedFile = (name: string): boolean => isPlain(name) && !BESIDE.test(name);

/** Whether files below a directory of that name do. */
export const isRecordedDirectory = (name: string): boolean => isPlain(name) && !name.endsWith('-tmp');

/** Where the database of a table lies. */
export const databaseOf = (table: string): string => join(dirname(table), `${basename(table, '.txt')}.idx`);

/** The table may lie in the storage: each row would have it hashed again. */
export const isOwnFile = (table: string, path: string): boolean => path === table || path.startsWith(databaseOf(table));

const isPlain = (name: string): boolean => !name.startsWith('.') && !/[\r\n]/.test(name);
