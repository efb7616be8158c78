import { createReadStream } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errno, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory } from '../disk/durable.ts';
import { realPathInside } from '../disk/inside.ts';

/** One row: 40 hex digits, two blanks (or a blank and the asterisk of `sha1sum -b`), an absolute path (decision 28). */
const ROW = /^([0-9a-f]{40}) [ *](\/.*?)\r?$/s;
/** So many copies of one content are remembered. */
const MOST_PATHS = 16;
/** Characters; a path has at most 4096 bytes. */
const MOST_LINE = 16_384;

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
    const handle = await open(path, 'a+', 0o644);
    try {
      const { size } = await handle.stat();
      const last = await handle.read(Buffer.alloc(1), 0, 1, Math.max(size - 1, 0));
      // People's editors may leave the last line open.
      const isOpen = last.bytesRead === 1 && last.buffer[0] !== 0x0a;
      await handle.appendFile((isOpen ? '\n' : '') + [...fresh].join(''));
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /** No table is an empty one. */
  async *#rows(): AsyncGenerator<HashRow> {
    const { path: table } = this.#options();
    const info = await stat(table).catch(notThere);
    if (!info) return;
    // A pipe would be read without end.
    if (!info.isFile()) throw new Error(`${table} is not a regular file`);
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

/** Not by readline, which takes more than a newline for an end, holds a line of any length and lets no error of the stream be caught. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, MOST_LINE);
    yield* lines;
  }
  yield rest;
}
