import { createReadStream } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { errno, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory } from '../disk/durable.ts';
import { realPathInside } from '../disk/inside.ts';

/** One row: 40 hex digits, two blanks (or a blank and the asterisk of `sha1sum -b`), an absolute path (decision 28). */
const ROW = /^([0-9a-f]{40}) [ *](\/.*)$/;
/** So many copies of one content are remembered. */
const MOST_PATHS = 16;

export interface HashRow {
  readonly sha1: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * The table of what this node has: a text in `sha1sum` form that people edit and scripts rewrite (BD-17, BH-01). It is read afresh for each question, as
 * a stream, so that it is always as it stands and its size is no matter of memory. A row is only a hint: who copies a file verifies the copy.
 */
export class HashTable {
  readonly #log: Logger;
  readonly #options: () => { readonly path: string; readonly storage: string };

  /** `path` is the table's; only files below `storage` are ever used. */
  constructor({ log }: { log: Logger }, options: () => { readonly path: string; readonly storage: string }) {
    this.#log = log;
    this.#options = options;
  }

  /** A file of the storage with that content and size for each hash that has one. */
  async find(wanted: ReadonlyMap<string, number>): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const [sha1, paths] of await this.#rows(wanted)) {
      for (const path of paths) {
        if (found.has(sha1) || !(await this.#isUsable(path, wanted.get(sha1) ?? 0))) continue;
        found.set(sha1, path);
      }
    }
    return found;
  }

  /** Adds rows that are not there yet. Durable when it resolves. */
  async add(rows: readonly HashRow[]): Promise<void> {
    const known = await this.#rows(new Map(rows.map(({ sha1 }) => [sha1, 0])));
    const fresh = rows.filter(({ sha1, path }) => !path.includes('\n') && !known.get(sha1)?.includes(path));
    if (fresh.length === 0) return;
    const { path } = this.#options();
    await makeDirectory(dirname(path));
    const handle = await open(path, 'a+', 0o644);
    try {
      const { size } = await handle.stat();
      const last = await handle.read(Buffer.alloc(1), 0, 1, Math.max(size - 1, 0));
      // People's editors may leave the last line open.
      const isOpen = last.bytesRead === 1 && last.buffer[0] !== 0x0a;
      await handle.appendFile((isOpen ? '\n' : '') + fresh.map(row => `${row.sha1}  ${row.path}\n`).join(''));
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  async #rows(wanted: ReadonlyMap<string, number>): Promise<Map<string, string[]>> {
    const rows = new Map<string, string[]>();
    let bad = 0;
    for await (const line of await this.#lines()) {
      const [, sha1 = '', path = ''] = ROW.exec(line) ?? [];
      if (sha1 === '' && line.trim() !== '') bad += 1;
      if (!wanted.has(sha1)) continue;
      const paths = rows.get(sha1);
      if (!paths) rows.set(sha1, [path]);
      else if (paths.length < MOST_PATHS) paths.push(path);
    }
    if (bad > 0)
      this.#log.warn({ hashtable: this.#options().path, rows: bad }, 'rows of the hash table that cannot be read');
    return rows;
  }

  /** No table is an empty one. */
  async #lines(): Promise<AsyncIterable<string> | Iterable<string>> {
    const { path } = this.#options();
    if (!(await lstat(path).catch(notThere))) return [];
    return createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
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
