import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { errno, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { type FileState, isSameState, stateOf } from '../disk/file-state.ts';
import type { HashTable } from './hash-table.ts';
import { QUIET_MS } from './present.ts';
import type { HashedFile } from './rows.ts';

/** Rows are entered together, so many at most, or as many as came in so long (ms). */
const MOST_ROWS = 256;
const LONGEST_MS = 1000;
/** Paths that are remembered as unreadable. */
const MOST_TOLD = 1000;

/** SHA-1 of a file, hex. Rejects with ESTALE when the path leads to another file, or state, than is `expected` there. */
export type HashFile = (path: string, signal: AbortSignal, expected?: FileState) => Promise<string>;

interface Components {
  readonly table: Pick<HashTable, 'ask' | 'addHashed'>;
  readonly hash: HashFile;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Hashes what waits for it, one file after the other, and enters it. */
export class NewFiles {
  readonly #c: Components;
  /** A file changed, or may be changing: its directory wants another look. */
  readonly #onChange: (directory: string) => void;
  readonly #told = new Set<string>();
  /** How many files were read, since the start. */
  hashed = 0;

  constructor(components: Components, onChange: (directory: string) => void) {
    this.#c = components;
    this.#onChange = onChange;
  }

  /** Works until nothing waits. Gives whether there was something. Rejects with the signal's reason, and with what keeps the table from being written. */
  async run(signal: AbortSignal): Promise<boolean> {
    for (let isFirst = true; ; isFirst = false) if (!(await this.#some(signal))) return !isFirst;
  }

  async #some(signal: AbortSignal): Promise<boolean> {
    const { table, clock } = this.#c;
    const begun = clock.now();
    const until = clock.monotonic() + LONGEST_MS;
    const files: HashedFile[] = [];
    const done: number[] = [];
    while (done.length < MOST_ROWS && (done.length === 0 || clock.monotonic() < until)) {
      const next = await table.ask('next', done.at(-1) ?? 0);
      if (!next) break;
      const file = await this.#hash(next.path, begun, signal);
      if (file) files.push(file);
      done.push(next.id);
    }
    await table.addHashed(files, begun);
    if (done.length > 0) await table.ask('done', done);
    const [first] = files;
    if (first) this.#c.log.info({ files: files.length, first: first.path }, 'files of the storage were hashed');
    return done.length > 0;
  }

  /** Nothing when it is no file any more, changes, or cannot be read: it is found again by a later look. */
  async #hash(path: string, begun: number, signal: AbortSignal): Promise<HashedFile | undefined> {
    try {
      const before = await lstat(path).catch(notThere);
      if (!before?.isFile()) return undefined;
      if (Math.abs(begun - before.ctimeMs) <= QUIET_MS) return this.#again(path);
      const sha1 = await this.#c.hash(path, signal, stateOf(before));
      this.hashed += 1;
      const after = await lstat(path).catch(notThere);
      if (!after || !isSameState(before, after)) return this.#again(path);
      this.#told.delete(path);
      return { sha1, path, ...stateOf(after) };
    } catch (error) {
      signal.throwIfAborted();
      if (errno(error) === 'ESTALE') return this.#again(path);
      this.#tell(path, error);
      return undefined;
    }
  }

  #again(path: string): undefined {
    this.#onChange(dirname(path));
  }

  #tell(path: string, error: unknown): void {
    if (errno(error) === undefined) throw error;
    if (errno(error) === 'ENOENT' || this.#told.has(path)) return;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(path);
    this.#c.log.warn({ file: path, err: error }, 'a file of the storage cannot be hashed; tried again at a later look');
  }
}
