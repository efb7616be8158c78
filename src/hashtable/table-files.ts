import { crc32 } from 'node:zlib';
import { type FileState, isSameState } from '../disk/file-state.ts';
import type { HashRow } from './rows.ts';
import { STANDING, type TableDatabase } from './table-database.ts';

/** What the database has of one file. */
export interface FileRow {
  readonly id: number;
  /** Hex. */
  readonly sha1: string;
  readonly standing: number;
  /** This node hashed it itself; else somebody told the hash. */
  readonly isHashed: boolean;
  /** What the file was; undefined: not known. */
  readonly state: FileState | undefined;
}

const COLUMNS = 'f.id, hex(f.sha1) AS sha1, f.standing, f.hashed, f.size, f.mtime, f.ctime, f.ino, f.sum';
const SET = 'sha1 = ?, standing = ?, hashed = ?, size = ?, mtime = ?, ctime = ?, ino = ?, sum = ?';
const JOINED = 'file f JOIN directory d ON d.id = f.directory';

type Entry = NonNullable<ReturnType<TableDatabase['get']>>;

/** The rows of the database, by path. */
export class TableFiles {
  readonly #db: TableDatabase;
  /** Rows come in the order of directories, mostly. */
  #last: { readonly path: string; readonly id: number } | undefined;

  constructor(db: TableDatabase) {
    this.#db = db;
  }

  row(path: string): FileRow | undefined {
    const [directory, name] = split(path);
    const id = this.#directory(directory);
    return id === undefined ? undefined : this.rowIn(id, name);
  }

  rowIn(directory: number, name: string): FileRow | undefined {
    const entry = this.#db.get(`SELECT ${COLUMNS} FROM file f WHERE f.directory = ? AND f.name = ?`, directory, name);
    return entry && rowOf(entry);
  }

  /** Those that are listed with that content; of that size, as far as it is known. In the order in which they came. */
  *listed(sha1: string, size: number): Generator<FileRow & HashRow> {
    const sql = `SELECT ${COLUMNS}, d.path, f.name FROM ${JOINED}
      WHERE f.sha1 = ? AND f.standing = ${STANDING.listed} AND (f.size IS NULL OR f.size = ?) ORDER BY f.id`;
    for (const entry of this.#db.iterate(sql, blobOf(sha1), size)) {
      const row = rowOf(entry);
      // Something is wrong with it: it waits for the next look.
      if (entry.ino !== null && !row.state) continue;
      yield { ...row, path: pathOf(entry) };
    }
  }

  /** Those of a condition with one number in it. */
  some(where: string, value: number): (FileRow & HashRow)[] {
    const entries = this.#db.all(`SELECT ${COLUMNS}, d.path, f.name FROM ${JOINED} ${where}`, value);
    return entries.map(entry => ({ ...rowOf(entry), path: pathOf(entry) }));
  }

  /** All that are listed, in the order in which they came. */
  *all(): Generator<HashRow> {
    const sql = `SELECT hex(f.sha1) AS sha1, d.path, f.name FROM ${JOINED} WHERE f.standing = ${STANDING.listed} ORDER BY f.id`;
    for (const entry of this.#db.iterate(sql)) yield { sha1: String(entry.sha1).toLowerCase(), path: pathOf(entry) };
  }

  /** Some file, wherever its row is, that was exactly that: the same one under another name. */
  twin(state: FileState): FileRow | undefined {
    for (const entry of this.#db.all(`SELECT ${COLUMNS} FROM file f WHERE f.ino = ? LIMIT 16`, state.ino)) {
      const row = rowOf(entry);
      if (row.state && isSameState(row.state, state)) return row;
    }
    return undefined;
  }

  insert({ sha1, path }: HashRow, isHashed: boolean, state: FileState | undefined): number {
    const [directory, name] = split(path);
    const id = this.#directory(directory) ?? this.#make(directory);
    const sql =
      'INSERT INTO file (directory, name, sha1, standing, hashed, size, mtime, ctime, ino, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id';
    const values = [blobOf(sha1), STANDING.listed, Number(isHashed), ...valuesOf(sha1, isHashed, state)];
    return Number(this.#db.get(sql, id, name, ...values)?.id);
  }

  update(id: number, { sha1, standing, isHashed, state }: Omit<FileRow, 'id'>): void {
    this.#db.run(
      `UPDATE file SET ${SET} WHERE id = ?`,
      blobOf(sha1),
      standing,
      Number(isHashed),
      ...valuesOf(sha1, isHashed, state),
      id,
    );
  }

  /** The number of a directory that has rows, or had. */
  directory(path: string): number | undefined {
    return this.#directory(path);
  }

  #directory(path: string): number | undefined {
    if (this.#last?.path === path) return this.#last.id;
    const id = this.#db.get('SELECT id FROM directory WHERE path = ?', path)?.id;
    if (id === undefined) return undefined;
    this.#last = { path, id: Number(id) };
    return this.#last.id;
  }

  #make(path: string): number {
    const id = Number(this.#db.get('INSERT INTO directory (path) VALUES (?) RETURNING id', path)?.id);
    this.#last = { path, id };
    return id;
  }

  /** After a transaction was rolled back. */
  forgetLast(): void {
    this.#last = undefined;
  }
}

export const blobOf = (sha1: string): Uint8Array => Buffer.from(sha1, 'hex');

/** Lossless, whatever the path: directory, a slash, name. */
function split(path: string): [string, string] {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1)];
}

const pathOf = ({ path, name }: Entry): string => `${String(path)}/${String(name)}`;

/** A bit that turned over on its way to the disk or back: nothing is known of the file then. */
function rowOf({ id, sha1, standing, hashed, size, mtime, ctime, ino, sum }: Entry): FileRow {
  const row = { id: Number(id), sha1: String(sha1).toLowerCase(), standing: Number(standing) };
  const isHashed = hashed === 1;
  const state = { size: Number(size), mtimeMs: Number(mtime), ctimeMs: Number(ctime), ino: Number(ino) };
  if (ino === null || sum !== sumOf(row.sha1, isHashed, state)) return { ...row, isHashed: false, state: undefined };
  return { ...row, isHashed, state };
}

const valuesOf = (sha1: string, isHashed: boolean, state: FileState | undefined): (number | null)[] =>
  state
    ? [state.size, state.mtimeMs, state.ctimeMs, state.ino, sumOf(sha1, isHashed, state)]
    : [null, null, null, null, null];

/** Over all that makes a hash known. */
const sumOf = (sha1: string, isHashed: boolean, { size, mtimeMs, ctimeMs, ino }: FileState): number =>
  crc32(`${sha1} ${isHashed} ${size} ${mtimeMs} ${ctimeMs} ${ino}`);
