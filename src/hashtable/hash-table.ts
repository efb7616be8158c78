import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errno } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory } from '../disk/durable.ts';
import { isSameState } from '../disk/file-state.ts';
import { realPathInside } from '../disk/inside.ts';
import { appendLines, linesOf } from './lines.ts';
import { type HashedFile, Sidecar } from './sidecar.ts';

/** One row: 40 hex digits, two blanks (or a blank and the asterisk of `sha1sum -b`), an absolute path (decision 28). */
const ROW = /^([0-9a-f]{40}) [ *](\/.*?)\r?$/s;
/** So many copies of one content are remembered. */
const MOST_PATHS = 16;
/** A file is taken as it is when it has been quiet for so long (decision 29). Coarser than the times of any file system. */
const QUIET_MS = 2000;

export interface HashRow {
  readonly sha1: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * The table of what this node has: a text in `sha1sum` form that people edit and scripts rewrite (BD-17, BH-01). It is read afresh for each question, as
 * a stream, so that it is always as it stands and its size is no matter of memory. A row is only a hint: who copies a file verifies the copy. What
 * this node hashed itself is noted beside the table (`hashtable.idx`), so that nobody needs to hash it again for as long as it is what it was.
 */
export class HashTable {
  readonly #log: Logger;
  readonly #options: () => { readonly path: string; readonly storage: string };
  readonly #sidecar = new Sidecar(() => sidecarOf(this.#options().path));

  /** `path` is the table's; only files below `storage` are ever used. */
  constructor({ log }: { log: Logger }, options: () => { readonly path: string; readonly storage: string }) {
    this.#log = log;
    this.#options = options;
  }

  /** The files of the storage with that content and size, of each hash that has some. A table that cannot be read costs transfers, no task. */
  async find(wanted: ReadonlyMap<string, number>): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    try {
      for await (const { sha1, path } of this.#rows()) {
        const size = wanted.get(sha1);
        if (size === undefined) continue;
        const paths = found.get(sha1) ?? [];
        if (paths.length === MOST_PATHS || paths.includes(path) || !(await this.#isUsable(path, size))) continue;
        found.set(sha1, [...paths, path]);
      }
    } catch (error) {
      this.#log.warn({ hashtable: this.#options().path, err: error }, 'the hash table cannot be read');
    }
    return found;
  }

  /** Adds rows that are not there yet. Durable when it resolves. */
  async add(rows: readonly HashRow[]): Promise<void> {
    const fresh = new Set(rows.filter(({ path }) => !/[\r\n]/.test(path)).map(textOf));
    for await (const row of this.#rows()) fresh.delete(textOf(row));
    if (fresh.size === 0) return;
    const { path } = this.#options();
    await makeDirectory(dirname(path));
    await appendLines(path, fresh);
  }

  /**
   * Adds rows of what this node itself hashed, and notes what the files were. Their states must be from before the hashing and unchanged after it, which
   * began at `begun` (ms since 1970). Durable when it resolves. Of a file that had changed just before, only the row is added: one that changes
   * again within a tick of the file system's clock bears the same times.
   */
  async addHashed(files: readonly HashedFile[], begun: number): Promise<void> {
    await this.add(files);
    const quiet = files.filter(({ ctimeMs }) => ctimeMs < begun - QUIET_MS);
    await this.#sidecar.note(quiet, () => this.#rows());
  }

  /** The SHA-1 of those files that this node hashed, whose row still stands, and that have not been touched since; by path. */
  async known(paths: Iterable<string>): Promise<Map<string, string>> {
    try {
      const known = new Map<string, string>();
      const noted = await this.#sidecar.find(new Set(paths));
      if (noted.size === 0) return known;
      for await (const { sha1, path } of this.#rows()) {
        const file = noted.get(path);
        if (file?.sha1 === sha1 && !known.has(path) && (await isUntouched(file))) known.set(path, sha1);
      }
      return known;
    } catch (error) {
      this.#log.warn({ hashtable: this.#options().path, err: error }, 'the hash table cannot be read');
      return new Map();
    }
  }

  async *#rows(): AsyncGenerator<HashRow> {
    const { path: table } = this.#options();
    let bad = 0;
    for await (const line of linesOf(table)) {
      const [, sha1, path] = ROW.exec(line) ?? [];
      if (sha1 !== undefined && path !== undefined) yield { sha1, path };
      else if (line.trim() !== '') bad += 1;
    }
    if (bad > 0) this.#log.warn({ hashtable: table, rows: bad }, 'rows of the hash table that cannot be read');
  }

  /** A regular file of that size, inside the storage also after all links. */
  async #isUsable(path: string, size: number): Promise<boolean> {
    try {
      const info = await lstat(path);
      if (!info.isFile() || info.size !== size) return false;
      return (await realPathInside(this.#options().storage, path)) !== undefined;
    } catch (error) {
      if (errno(error) === undefined) throw error;
      return false;
    }
  }
}

const textOf = ({ sha1, path }: HashRow): string => `${sha1}  ${path}\n`;

const sidecarOf = (table: string): string => join(dirname(table), `${basename(table, '.txt')}.idx`);

async function isUntouched(file: HashedFile): Promise<boolean> {
  try {
    const now = await lstat(file.path);
    return now.isFile() && isSameState(now, file);
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return false;
  }
}
