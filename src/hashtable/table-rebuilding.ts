import { isSameState } from '../disk/file-state.ts';
import { isInside } from '../disk/inside.ts';
import { whatIs } from './present.ts';
import { STANDING } from './table-database.ts';
import type { FileRow } from './table-files.ts';
import type { HashRow } from './rows.ts';
import type { TablePlace } from './table-place.ts';
import type { TableStore } from './table-store.ts';

const PAGE = 500;

export interface TableStats {
  readonly rows: number;
  /** Bytes of the files that rows have been held against. */
  readonly bytes: number;
  /** Rows that somebody told and that have not been held against a file. */
  readonly unchecked: number;
  /** Lines of the text that cannot be read, and lines that stand for nothing any more. */
  readonly badLines: number;
  readonly deadLines: number;
  /** Files whose rows people took out. */
  readonly struckOut: number;
  /** Files that are still to be hashed. */
  readonly waiting: number;
  /** Kind of node, undefined: not known yet. */
  readonly builtFor: string | undefined;
}

/** What a row is worth. `unchecked`: nothing is known of the file's state; the other words say what is wrong. */
type Verdict = 'right' | 'unchecked' | 'gone' | 'no file' | 'changed' | 'outside' | 'unreadable';

export interface JudgedRow extends HashRow {
  readonly id: number;
  readonly verdict: Verdict;
}

function stats(store: TableStore): TableStats {
  const listed = `standing = ${STANDING.listed}`;
  return {
    rows: store.count(`file WHERE ${listed}`),
    bytes: Number(store.db.get(`SELECT coalesce(sum(size), 0) AS bytes FROM file WHERE ${listed}`)?.bytes),
    unchecked: store.count(`file WHERE ${listed} AND ino IS NULL`),
    badLines: store.number('bad'),
    deadLines: store.number('dead'),
    struckOut: store.count(`file WHERE standing = ${STANDING.struckOut}`),
    waiting: store.count('waiting'),
    builtFor: store.db.meta('builtFor'),
  };
}

/** A page of the rows, each with what it is worth; those after the row `after`. */
function judge(store: TableStore, { storage }: TablePlace, after: number): JudgedRow[] {
  const page = `WHERE f.standing = ${STANDING.listed} AND f.id > ? ORDER BY f.id LIMIT ${PAGE}`;
  return store.files
    .some(page, after)
    .map(row => ({ id: row.id, sha1: row.sha1, path: row.path, verdict: verdictOf(storage, row) }));
}

function verdictOf(storage: string, { path, state }: FileRow & HashRow): Verdict {
  if (!isInside(storage, path)) return 'outside';
  const what = whatIs(path);
  if (what === 'nothing') return 'gone';
  if (what === 'unknown') return 'unreadable';
  if (typeof what === 'string') return 'no file';
  if (!state) return 'unchecked';
  return isSameState(what, state) ? 'right' : 'changed';
}

/** Those of these files that have no row, and should. What people struck out should not. */
function unlisted({ files }: TableStore, _place: TablePlace, paths: readonly string[]): string[] {
  return paths.filter(path => {
    const standing = files.row(path)?.standing ?? STANDING.gone;
    return standing !== STANDING.listed && standing !== STANDING.struckOut;
  });
}

/**
 * Drops what a making anew did not make, a page at a time: rows at and below `root`, or all without it, that were not held against the file as it is. Gives
 * where to go on, undefined at the end.
 */
function prune(
  store: TableStore,
  { storage }: TablePlace,
  root: string | undefined,
  after: number,
): number | undefined {
  const page = `WHERE f.standing = ${STANDING.listed} AND f.id > ? ORDER BY f.id LIMIT ${PAGE}`;
  const rows = store.files.some(page, after);
  const wrong = rows.filter(row => {
    const isMeant = root === undefined || isInside(root, row.path);
    return isMeant && verdictOf(storage, row) !== 'right';
  });
  store.leaveAll(
    wrong.map(({ path }) => path),
    row => verdictOf(storage, row) !== 'right',
  );
  return rows.length < PAGE ? undefined : rows.at(-1)?.id;
}

/** The table was made anew: for this kind of node, and without what was bad or dead. */
function rebuilt(store: TableStore, _place: TablePlace, builtFor: string | undefined): void {
  if (builtFor !== undefined) store.db.setMeta('builtFor', builtFor);
  store.compact(true);
}

/** What the command line asks. */
export const REBUILDING = { stats, judge, unlisted, prune, rebuilt };
