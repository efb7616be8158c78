import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { notThere } from '../core/errors.ts';
import { type FileState, stateOf } from '../disk/file-state.ts';
import { isTaskFileName } from '../queue/task-store.ts';

/** Times of directories may be as coarse as this, ms: what changed just now may change again unseen. */
const COARSE_MS = 2000;
/** A file that is written in place does not change its directory, ms. */
const ANEW_MS = 30_000;

export interface ListedTask {
  /** Of the task file. */
  readonly name: string;
  readonly info: FileState;
}

/** The task files of one state directory, looked at often: the directory is read again only when it changed, and now and then. */
export class StateListing {
  readonly #directory: string;
  #known: readonly ListedTask[] = [];
  #reading: Promise<readonly ListedTask[]> | undefined;
  /** When they were read, and what the directory was then; undefined: they are not believed. */
  #read: { readonly at: number; readonly state: FileState } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The next look reads the directory, whatever its times say. */
  forget(): void {
    this.#read = undefined;
    this.#reading = undefined;
  }

  /** Oldest first. The same array while nothing changed. */
  async look(): Promise<readonly ListedTask[]> {
    const info = await lstat(this.#directory).catch(notThere);
    if (!info) return [];
    const at = Date.now();
    if (this.#isStill(info, at)) return this.#known;
    const isSettled = at - Math.max(info.mtimeMs, info.ctimeMs) > COARSE_MS;
    if (this.#reading) return await this.#reading;
    const reading = this.#list();
    this.#reading = reading;
    try {
      const listed = await reading;
      // What was forgotten meanwhile stays forgotten.
      if (this.#reading !== reading) return listed;
      this.#known = listed;
      this.#read = isSettled ? { at, state: stateOf(info) } : undefined;
      return listed;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  #isStill({ mtimeMs, ctimeMs, ino }: FileState, now: number): boolean {
    if (!this.#read || Math.abs(now - this.#read.at) > ANEW_MS) return false;
    const { state } = this.#read;
    return state.mtimeMs === mtimeMs && state.ctimeMs === ctimeMs && state.ino === ino;
  }

  async #list(): Promise<readonly ListedTask[]> {
    const names = (await readdir(this.#directory)).filter(isTaskFileName);
    const found = await Promise.all(
      names.map(async name => {
        const info = await lstat(join(this.#directory, name)).catch(() => undefined);
        return info?.isFile() ? [{ name, info: stateOf(info) }] : [];
      }),
    );
    return found.flat().sort((a, b) => a.info.mtimeMs - b.info.mtimeMs || (a.name < b.name ? -1 : 1));
  }
}
