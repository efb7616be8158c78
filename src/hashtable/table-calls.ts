import { isSameState, stateOf } from '../disk/file-state.ts';
import { isUsable, QUIET_MS, realPath, regularFile } from './present.ts';
import type { HashedFile, HashRow } from './rows.ts';
import { STANDING } from './table-database.ts';
import { LOOKS } from './table-looks.ts';
import type { TablePlace } from './table-place.ts';
import { REBUILDING } from './table-rebuilding.ts';
import type { TableStore } from './table-store.ts';

/** So many copies of one content are given. */
const MOST_PATHS = 16;

function find(
  { files }: TableStore,
  { storage }: TablePlace,
  wanted: readonly (readonly [sha1: string, size: number])[],
): [sha1: string, paths: string[]][] {
  const root = realPath(storage);
  if (root === undefined) return [];
  const found: [string, string[]][] = [];
  for (const [sha1, size] of wanted) {
    const paths: string[] = [];
    for (const { path, state } of files.listed(sha1, size)) {
      if (isUsable(root, path, size, state)) paths.push(path);
      if (paths.length === MOST_PATHS) break;
    }
    if (paths.length > 0) found.push([sha1, paths]);
  }
  return found;
}

function known({ files }: TableStore, _place: TablePlace, paths: readonly string[]): [path: string, sha1: string][] {
  return paths.flatMap(path => {
    const row = files.row(path);
    if (row?.standing !== STANDING.listed || !row.isHashed || !row.state) return [];
    const now = regularFile(path);
    return now && isSameState(now, row.state) ? [[path, row.sha1] as [string, string]] : [];
  });
}

/** What the files are now is what they were when they were verified, a moment ago. */
function add(store: TableStore, _place: TablePlace, rows: readonly HashRow[]): void {
  const states = rows.map(({ path }) => regularFile(path));
  store.change(() => {
    for (const [index, row] of rows.entries()) store.enter(row, false, states[index]);
  });
}

function addHashed(
  store: TableStore,
  _place: TablePlace,
  hashed: readonly HashedFile[],
  begun: number,
  isWanted: boolean,
): void {
  store.change(() => {
    for (const file of hashed) {
      if (!isWanted && isStruckOut(store, file)) continue;
      // One that changes again within a tick of the file system's clock bears the same times.
      const isQuiet = Math.abs(begun - file.ctimeMs) > QUIET_MS;
      store.enter(file, true, isQuiet ? stateOf(file) : undefined);
    }
  });
}

/** Within a change: people took the row out, while it was hashed maybe, and the file has not changed since. */
function isStruckOut({ files }: TableStore, file: HashedFile): boolean {
  const row = files.row(file.path);
  if (row?.standing !== STANDING.struckOut || (row.state && !isSameState(row.state, file))) return false;
  // So that its next change is seen.
  if (!row.state) files.update(row.id, { ...row, state: stateOf(file) });
  return true;
}

/** Rows that still say so are dropped; the files are hashed again where somebody keeps the table. Gives how many. */
function drop(store: TableStore, _place: TablePlace, rows: readonly HashRow[]): number {
  return store.change(() => {
    let dropped = 0;
    for (const { sha1, path } of rows) {
      const row = store.files.row(path);
      if (row?.standing !== STANDING.listed || row.sha1 !== sha1) continue;
      store.leave(row, undefined);
      store.db.run('INSERT OR REPLACE INTO waiting (path) VALUES (?)', path);
      dropped += 1;
    }
    return dropped;
  });
}

function compact(store: TableStore): void {
  store.compact(false);
}

/** What can be asked in the thread of a table. */
export const CALLS = { find, known, add, addHashed, drop, compact, ...LOOKS, ...REBUILDING };
