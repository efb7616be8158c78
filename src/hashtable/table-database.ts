import { rmSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** Counted up with each change of the schema; an older one is begun anew. */
const SCHEMA_VERSION = 2;
/** So long a write of another process is waited for, ms: then other questions have their turn. */
const BUSY_MS = 500;
/** KiB of pages that are kept: at rest, and while a text is taken in. */
const CACHE = { usual: 4096, large: 16_384 };
const LOG_BYTES = 4 * 1024 * 1024;
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED = [11, 26];
const SQLITE_BUSY = 5;

/**
 * How a file's row stands. `struckOut`: people took its line out of the text (BH-04). `dead`: dropped, its line is still in the text, until the next
 * compaction. `gone`: dropped, without a line; `past`: since before the last look at everything.
 */
export const STANDING = { struckOut: 0, listed: 1, dead: 2, gone: 3, past: 4 } as const;

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE directory (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE file (
    id INTEGER PRIMARY KEY, directory INTEGER NOT NULL, name TEXT NOT NULL, sha1 BLOB NOT NULL,
    standing INTEGER NOT NULL, hashed INTEGER NOT NULL, size REAL, mtime REAL, ctime REAL, ino REAL,
    sum INTEGER,
    UNIQUE (directory, name)
  ) STRICT;
  CREATE INDEX file_ino ON file (ino) WHERE ino IS NOT NULL;
  CREATE TABLE waiting (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE) STRICT;
`;
export const SHA1_INDEX = 'CREATE INDEX IF NOT EXISTS file_sha1 ON file (sha1)';

type Value = string | number | Uint8Array | null;
export type Entry = Record<string, Value>;

/** The database beside the table, `hashtable.idx`. Everything is synchronous: it is used in a thread of its own only. */
export class TableDatabase {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #ino: number | undefined;

  /** Opens or makes it. Throws what `isDamaged` knows when it is no database of ours. */
  constructor(path: string) {
    this.path = path;
    this.#database = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON;
        PRAGMA cache_size = -${CACHE.usual}; PRAGMA journal_size_limit = ${LOG_BYTES}`);
      this.transaction(() => this.#make());
    } catch (error) {
      this.#database.close();
      throw error;
    }
    this.#ino = inodeOf(path);
  }

  /** False when somebody removed or replaced the file. */
  get isInPlace(): boolean {
    return this.#ino === inodeOf(this.path);
  }

  #make(): void {
    const version = this.get('PRAGMA user_version')?.user_version;
    if (version === SCHEMA_VERSION) return;
    if (version !== 0)
      throw Object.assign(new Error(`schema ${String(version)} is not known`), { errcode: DAMAGED[0] });
    this.#database.exec(`${SCHEMA}${SHA1_INDEX}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  }

  /** All or nothing; nobody else writes meanwhile, the command line included. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  get(sql: string, ...values: SQLInputValue[]): Entry | undefined {
    return this.#statement(sql).get(...values) as Entry | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Entry[] {
    return this.#statement(sql).all(...values) as Entry[];
  }

  /** May be left before its end; the same must not be begun anew before. */
  iterate(sql: string, ...values: SQLInputValue[]): Iterable<Entry> {
    return this.#statement(sql).iterate(...values) as Iterable<Entry>;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  meta(key: string): string | undefined {
    const value = this.get('SELECT value FROM meta WHERE key = ?', key)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  setMeta(key: string, value: string | number): void {
    this.run(
      'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      String(value),
    );
  }

  /** More memory while much is written in no order. */
  withLargeCache<T>(work: () => T): T {
    this.#database.exec(`PRAGMA cache_size = -${CACHE.large}`);
    try {
      return work();
    } finally {
      this.#database.exec(`PRAGMA cache_size = -${CACHE.usual}; PRAGMA shrink_memory`);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

/** Whether an error says that the file is no database, or a broken one. */
export function isDamaged(error: unknown): boolean {
  return DAMAGED.includes(codeOf(error));
}

/** Whether an error says that another process writes. */
export const isBusy = (error: unknown): boolean => codeOf(error) === SQLITE_BUSY;

/** Without what SQLite says in the upper bits. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;

/** What stood there, an older form included, costs hashing when it is lost, nothing more. */
export function removeDatabase(path: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;
