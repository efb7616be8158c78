import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { errno, notThere } from '../core/errors.ts';
import { isSameState, stateOf } from '../disk/file-state.ts';
import type { HashTable } from './hash-table.ts';
import type { HashFile } from './new-files.ts';
import { QUIET_MS } from './present.ts';
import type { HashedFile } from './rows.ts';

/** Rows are entered together, so many at most, or as many as came in so long (ms). */
const MOST_ROWS = 256;
const LONGEST_MS = 1000;
/** How often a file is begun that changes under our hands. */
const TRIES = 3;

interface Components {
  readonly table: HashTable;
  readonly hash: HashFile;
  readonly clock: Clock;
}

/** What a making anew says on its way. */
export interface Progress {
  readonly onFile: (file: HashedFile) => void;
  /** A file that has no row now, and why. */
  readonly onFault: (path: string, why: string) => void;
}

/**
 * Hashes files again, whatever the table says, and enters each as it goes: a kill leaves a table that can be used. Rejects with the signal's reason, and
 * with what keeps the table from being written.
 */
export class Rebuild {
  readonly #c: Components;
  readonly #progress: Progress;
  #files: HashedFile[] = [];
  #begun = 0;

  constructor(components: Components, progress: Progress) {
    this.#c = components;
    this.#progress = progress;
  }

  async enter(paths: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#c;
    this.#begun = clock.now();
    for await (const path of paths) {
      const file = await this.#hash(path, signal);
      if (file) this.#files.push(file);
      if (this.#files.length >= MOST_ROWS || clock.now() - this.#begun > LONGEST_MS) await this.#flush();
    }
    await this.#flush();
  }

  /** Drops the rows at and below `root`, or all without it, that were not made anew. */
  async prune(root: string | undefined, signal: AbortSignal): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined; ) {
      signal.throwIfAborted();
      after = await this.#c.table.ask('prune', root, after);
    }
  }

  async #flush(): Promise<void> {
    await this.#c.table.addHashed(this.#files, this.#begun, true);
    for (const file of this.#files) this.#progress.onFile(file);
    this.#files = [];
    this.#begun = this.#c.clock.now();
  }

  async #hash(path: string, signal: AbortSignal): Promise<HashedFile | undefined> {
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const before = await this.#quiet(path, signal);
        if (!before?.isFile()) return undefined;
        const sha1 = await this.#c.hash(path, signal, stateOf(before)).catch(notTheSame);
        const after = await lstat(path).catch(notThere);
        if (sha1 !== undefined && after && isSameState(before, after)) return { sha1, path, ...stateOf(after) };
      }
      this.#progress.onFault(path, 'it is being written');
    } catch (error) {
      signal.throwIfAborted();
      if (errno(error) === undefined) throw error;
      this.#progress.onFault(path, (error as Error).message);
    }
    return undefined;
  }

  /** The file once it has been quiet for long enough that what it is then stands for its bytes. */
  async #quiet(path: string, signal: AbortSignal): Promise<Stats | undefined> {
    const { clock } = this.#c;
    const info = await lstat(path).catch(notThere);
    const age = Math.abs(this.#begun - (info?.ctimeMs ?? 0));
    if (age > QUIET_MS) return info;
    await this.#flush();
    await clock.sleep(QUIET_MS + 1 - Math.min(Math.abs(clock.now() - (info?.ctimeMs ?? 0)), QUIET_MS), signal);
    this.#begun = clock.now();
    return await lstat(path).catch(notThere);
  }
}

function notTheSame(error: unknown): undefined {
  if (errno(error) !== 'ESTALE') throw error;
}
