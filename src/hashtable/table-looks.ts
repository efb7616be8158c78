import { type FileState, isSameState } from '../disk/file-state.ts';
import { QUIET_MS, regularFile, whatIs } from './present.ts';
import { isOwnFile, isRecordedDirectory, isRecordedFile } from './recorded.ts';
import { STANDING } from './table-database.ts';
import type { TablePlace } from './table-place.ts';
import type { TableStore } from './table-store.ts';

/** Rows that are handled at once: the thread has other questions to answer. */
const PAGE = 500;

/** What a part of a directory is like. */
interface Compared {
  /** Files that are listed as they are. */
  readonly same: number;
  /** Something changed just now: it wants another look. */
  readonly isUnquiet: boolean;
  /** Names of directories whose files belong into the table. */
  readonly directories: string[];
}

interface Waiting {
  readonly id: number;
  readonly path: string;
}

interface Found {
  readonly path: string;
  readonly state: FileState;
}

/**
 * Holds names of a directory against the table. What is new or has changed waits to be hashed; what is known under another name, or has come back as it
 * was, is listed at once. `now`: ms since 1970.
 */
function compare(
  store: TableStore,
  { path: table }: TablePlace,
  directory: string,
  names: readonly string[],
  now: number,
): Compared {
  const id = store.files.directory(directory);
  const directories: string[] = [];
  const odd: Found[] = [];
  let same = 0;
  for (const name of names) {
    const path = `${directory}/${name}`;
    const what = whatIs(path);
    if (what === 'directory' && isRecordedDirectory(name)) directories.push(name);
    if (typeof what === 'string' || !isRecordedFile(name) || isOwnFile(table, path)) continue;
    const row = id === undefined ? undefined : store.files.rowIn(id, name);
    const isSame = row?.state && isSameState(row.state, what);
    if (isSame && row.standing === STANDING.listed) same += 1;
    else if (!isSame || row.standing !== STANDING.struckOut) odd.push({ path, state: what });
  }
  if (odd.length === 0) return { same, isUnquiet: false, directories };
  const listed = store.change(() => odd.map(found => settle(store, found, now)));
  const isUnquiet = listed.includes('unquiet');
  return { same: same + listed.filter(how => how === 'listed').length, isUnquiet, directories };
}

/** Within a change: what was read before it another process may have changed. */
function settle(store: TableStore, { path, state }: Found, now: number): 'listed' | 'waits' | 'unquiet' | 'left' {
  const row = store.files.row(path);
  const isBack = row?.state && isSameState(row.state, state);
  if (row?.standing === STANDING.struckOut && (isBack || !row.state)) {
    // So that its next change is seen.
    store.files.update(row.id, { ...row, state });
    return 'left';
  }
  const known = isBack ? row : store.files.twin(state);
  if (known && known.standing !== STANDING.struckOut) {
    store.enter({ sha1: known.sha1, path }, known.isHashed, state);
    return 'listed';
  }
  if (Math.abs(now - state.ctimeMs) < QUIET_MS) return 'unquiet';
  store.db.run('INSERT OR REPLACE INTO waiting (path) VALUES (?)', path);
  return 'waits';
}

/**
 * Drops the rows of a directory whose files are gone, a page of them. `same`: how many files are listed as they are; when these are all, nothing needs to be
 * looked at. `after`: the name that the last page ended with. Gives how many it dropped, and the next name, undefined at the end.
 */
function sweep(
  store: TableStore,
  _place: TablePlace,
  directory: string,
  same: number,
  after: string,
): { dropped: number; next: string | undefined } {
  const id = store.files.directory(directory);
  const where = `directory = ? AND standing = ${STANDING.listed}`;
  if (id === undefined || (after === '' && store.count(`file WHERE ${where}`, id) === same))
    return { dropped: 0, next: undefined };
  const sql = `SELECT name FROM file WHERE ${where} AND name > ? ORDER BY name LIMIT ${PAGE}`;
  const names = store.db.all(sql, id, after).map(({ name }) => String(name));
  const isGone = (path: string) => isNoFile(whatIs(path));
  const gone = names.map(name => `${directory}/${name}`).filter(isGone);
  const dropped = store.leaveAll(gone, ({ path }) => isGone(path));
  return { dropped, next: names.length < PAGE ? undefined : names.at(-1) };
}

/** Where a page of rows ended. */
export interface LastRow {
  readonly directory: string;
  readonly name: string;
}

/**
 * Drops rows at and below a directory that is not there any more, a page of them, after the row `after`. Gives how many it dropped, and where to go on,
 * undefined at the end.
 */
function forget(
  store: TableStore,
  _place: TablePlace,
  directory: string,
  after: LastRow | undefined,
): { dropped: number; next: LastRow | undefined } {
  if (!isNoDirectory(whatIs(directory))) return { dropped: 0, next: undefined };
  const from = after?.directory ?? directory;
  // In this order both indexes serve: what was dropped before is not gone through again.
  const sql = `SELECT d.path, f.name FROM directory d CROSS JOIN file f ON f.directory = d.id
    WHERE d.path >= ? AND d.path < ? AND (d.path = ? OR d.path > ?) AND f.standing = ${STANDING.listed}
    AND f.name >= CASE WHEN d.path = ? THEN ? ELSE '' END ORDER BY d.path, f.name LIMIT ${PAGE}`;
  const name = after ? `${after.name}\0` : '';
  const found = store.db.all(sql, from, `${directory}0`, directory, `${directory}/`, from, name);
  const rows = found.map(({ path, name }) => ({ directory: String(path), name: String(name) }));
  const dropped = store.leaveAll(
    rows.map(({ directory, name }) => `${directory}/${name}`),
    () => isNoDirectory(whatIs(directory)),
  );
  return { dropped, next: rows.length < PAGE ? undefined : rows.at(-1) };
}

/** The directories of the storage that the table knows and that are not there, of a page; and where the next page begins. */
function lost(store: TableStore, { storage }: TablePlace, after: string): { directories: string[]; next?: string } {
  const sql = `SELECT path FROM directory WHERE path > ? AND (path = ? OR (path > ? AND path < ?)) ORDER BY path LIMIT ${PAGE}`;
  const paths = store.db.all(sql, after, storage, `${storage}/`, `${storage}0`).map(({ path }) => String(path));
  const directories = paths.filter(path => isNoDirectory(whatIs(path)));
  const next = paths.at(-1);
  return next === undefined || paths.length < PAGE ? { directories } : { directories, next };
}

/** After a look at everything: what had gone before the one before it, nobody will ask for any more. What went in this one may only have moved. */
function purge(store: TableStore): void {
  store.db.transaction(() => {
    store.db.run(`DELETE FROM file WHERE standing = ${STANDING.past}`);
    store.db.run(`UPDATE file SET standing = ${STANDING.past} WHERE standing = ${STANDING.gone}`);
    store.db.run('DELETE FROM directory WHERE id NOT IN (SELECT directory FROM file)');
  });
  store.files.forgetLast();
}

const isNoFile = (what: ReturnType<typeof whatIs>): boolean =>
  what === 'nothing' || what === 'directory' || what === 'other';

const isNoDirectory = (what: ReturnType<typeof whatIs>): boolean =>
  typeof what === 'object' || what === 'nothing' || what === 'other';

/** The file that has waited longest to be hashed, of those after `after`. Looks may have found it again while it was hashed: then it waits no more. */
function next({ db, files }: TableStore, _place: TablePlace, after: number): Waiting | undefined {
  const sql = 'SELECT id, path FROM waiting WHERE id > ? ORDER BY id LIMIT 1';
  for (let found = db.get(sql, after); found; found = db.get(sql, after)) {
    const path = String(found.path);
    const row = files.row(path);
    const now = row?.state && regularFile(path);
    const isListed = row?.standing === STANDING.listed && now && row.state && isSameState(now, row.state);
    if (!isListed) return { id: Number(found.id), path };
    db.run('DELETE FROM waiting WHERE id = ?', Number(found.id));
  }
  return undefined;
}

/** One that has changed meanwhile waits under another number. */
function done({ db }: TableStore, _place: TablePlace, ids: readonly number[]): void {
  db.transaction(() => {
    for (const id of ids) db.run('DELETE FROM waiting WHERE id = ?', id);
  });
}

/** What those ask who keep the table true to the storage. */
export const LOOKS = { compare, sweep, forget, lost, purge, next, done };
