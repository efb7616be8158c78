import { stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { errno } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import type { HashTable } from './hash-table.ts';
import { type HashFile, NewFiles } from './new-files.ts';
import { QUIET_MS } from './present.ts';
import { StorageLooks } from './storage-looks.ts';
import { StorageWatch } from './storage-watch.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Between two looks at everything, ms: events of the file system may be lost, and some cannot be watched at all. */
const LOOK_AT_ALL_MS = { watched: DAY_MS, unwatched: 5 * 60 * 1000 };
/** Looks may take so much of the time: a part of it, one in so many. */
const LOOK_SHARE = 10;
/** With more directories to look at than that everything is looked at. */
const MOST_DIRECTORIES = 10_000;
/** The longest pause, ms: what nobody tells of is seen then. */
const IDLE_MS = 5000;
/** After what keeps the table from being used, ms. */
const TROUBLE_MS = 60_000;

export interface KeeperOptions {
  readonly storage: string;
  /** Whether there is a table to be kept: it may change while the node runs. */
  readonly isOn: () => boolean;
  readonly isExcluded: (directory: string) => boolean;
}

interface Components {
  readonly table: HashTable;
  readonly hash: HashFile;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps the table true to the storage (BH-02 … BH-05, decision 29): watches the directories, looks at those in which something changed as soon as it has
 * been quiet for 2 s, hashes what is new, one file at a time, and drops what is gone. At the start, and once a day, it looks at everything.
 */
export class HashKeeper implements Startable {
  readonly name = 'keeper of the hash table';
  readonly #c: Components;
  readonly #options: KeeperOptions;
  readonly #looks: StorageLooks;
  readonly #files: NewFiles;
  /** Directories to look at, with the time from which on (monotonic, ms). */
  readonly #due = new Map<string, number>();
  #allDue = 0;
  /** How long a look waits after an event, ms. */
  #patience = QUIET_MS;
  #ending = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #wake = Promise.withResolvers<void>();
  #isResting = { looks: false, files: false };
  #watch: StorageWatch | undefined;
  /** Which directory the storage is, and when that was seen (monotonic, ms). */
  #root: { readonly is: string | undefined; readonly checked: number } = { is: undefined, checked: -Infinity };

  constructor(components: Components, options: KeeperOptions) {
    this.#c = components;
    this.#options = options;
    this.#looks = new StorageLooks(components, options);
    this.#files = new NewFiles(components, directory => this.#onChange(directory));
  }

  /** Does not wait for the first look. */
  start(): Promise<void> {
    this.#ending = new AbortController();
    this.#work = this.#run(this.#ending.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  /** Nothing is to be looked at or hashed, as far as is known. */
  get isAtRest(): boolean {
    return this.#isResting.looks && this.#isResting.files && this.#due.size === 0;
  }

  /** Files that were read so far. */
  get hashed(): number {
    return this.#files.hashed;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#options.isOn()) await this.#keep(signal);
        await this.#c.clock.sleep(IDLE_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#c.log.error({ err: error }, 'the hash table cannot be kept; tried again in a minute');
        await this.#c.clock.sleep(TROUBLE_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Until it is switched off, or something fails. */
  async #keep(ending: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([ending, stop.signal]);
    const onEnd = () => this.#lookAtAllSoon(LOOK_AT_ALL_MS.unwatched);
    const watch = new StorageWatch(this.#c, { onEnd, onChange: path => this.#onChange(path) });
    this.#watch = watch;
    try {
      // A text that people changed meanwhile is taken in before it is held against the storage.
      await this.#c.table.ask('next', 0);
      this.#c.table.onImport = () => this.#lookAtAllSoon(0);
      this.#allDue = 0;
      const failures: unknown[] = [];
      // One that ends, ends the other.
      const end = (work: Promise<void>) =>
        work
          .catch((error: unknown) => {
            if (!stop.signal.aborted) failures.push(error);
          })
          .finally(() => stop.abort());
      await Promise.all([this.#lookAround(signal), this.#hashNew(signal)].map(end));
      if (failures.length > 0) throw failures[0];
    } finally {
      this.#watch = undefined;
      this.#c.table.onImport = () => {};
      this.#due.clear();
      this.#isResting = { looks: false, files: false };
      watch.close();
    }
  }

  /** Ends when it is switched off. */
  async #lookAround(signal: AbortSignal): Promise<void> {
    const { isOn, storage } = this.#options;
    while (isOn()) {
      signal.throwIfAborted();
      await this.#checkRoot();
      const now = this.#c.clock.monotonic();
      const isAllDue = now >= this.#allDue;
      // It was gone, and nobody told what happened meanwhile.
      if (!isAllDue && !this.#watch?.has(storage)) this.#lookAtAllSoon(this.#patience);
      // They are in the order in which they came.
      const [first, time = Infinity] = this.#due.entries().next().value ?? [];
      this.#isResting.looks = !isAllDue && this.#due.size === 0;
      if (isAllDue) await this.#lookAtAll(signal);
      else if (first !== undefined && time <= now) await this.#look(first, signal);
      else await this.#pause(Math.min(this.#allDue, time) - now, signal);
    }
  }

  /** Another file system may have been mounted there, or a directory above renamed: of that its watch hears nothing. */
  async #checkRoot(): Promise<void> {
    const { storage } = this.#options;
    const now = this.#c.clock.monotonic();
    if (now < this.#root.checked + IDLE_MS) return;
    const is = await stat(storage).then(({ dev, ino }) => `${dev}:${ino}`, notReadable);
    if (is !== this.#root.is) this.#watch?.drop(storage);
    this.#root = { is, checked: now };
  }

  async #lookAtAll(signal: AbortSignal): Promise<void> {
    const { clock, log, table } = this.#c;
    const began = clock.monotonic();
    this.#allDue = Infinity;
    this.#due.clear();
    let directories = 0;
    const isMounted = await this.#looks.lookAtAll(signal, {
      before: directory => this.#watch?.ensure(directory),
      after: (directory, looked) => {
        directories += 1;
        if (looked.isUnquiet) this.#onChange(directory);
        this.#awake();
      },
    });
    const ms = Math.round(clock.monotonic() - began);
    const { rows, waiting } = await table.stats();
    if (!table.isForeign) log.info({ directories, rows, waiting, ms }, 'the storage was held against the hash table');
    const pause = this.#watch?.isWatching && isMounted ? LOOK_AT_ALL_MS.watched : LOOK_AT_ALL_MS.unwatched;
    this.#lookAtAllSoon(Math.max(pause, LOOK_SHARE * ms));
  }

  async #look(directory: string, signal: AbortSignal): Promise<void> {
    const { clock, table } = this.#c;
    const began = clock.monotonic();
    this.#due.delete(directory);
    this.#watch?.ensure(directory);
    const looked = await this.#looks.look(directory, signal);
    this.#patience = Math.max(QUIET_MS, LOOK_SHARE * (clock.monotonic() - began));
    if (looked.isUnquiet) this.#onChange(directory);
    if (looked.isGone) this.#watch?.drop(directory);
    // A new one, and what came into it before it was watched.
    for (const path of looked.directories) if (!this.#watch?.has(path)) this.#onChange(path);
    if (this.#due.size === 0) await table.ask('compact');
    this.#awake();
  }

  async #hashNew(signal: AbortSignal): Promise<void> {
    while (this.#options.isOn()) {
      this.#isResting.files = false;
      if (await this.#files.run(signal)) await this.#c.table.ask('compact');
      this.#isResting.files = true;
      await this.#pause(IDLE_MS, signal);
    }
  }

  #onChange(directory: string): void {
    if (this.#due.has(directory)) return;
    if (this.#due.size >= MOST_DIRECTORIES) this.#lookAtAllSoon(this.#patience);
    else this.#due.set(directory, this.#c.clock.monotonic() + this.#patience);
    this.#isResting.looks = false;
    this.#awake();
  }

  #lookAtAllSoon(ms: number): void {
    this.#allDue = Math.min(this.#allDue, this.#c.clock.monotonic() + ms);
    this.#isResting.looks = false;
    this.#awake();
  }

  #awake(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    await Promise.race([
      this.#wake.promise,
      this.#c.clock.sleep(Math.min(Math.max(ms, 1), IDLE_MS), either).catch(() => signal.throwIfAborted()),
    ]).finally(() => over.abort());
    signal.throwIfAborted();
  }
}

/** The next look says why. */
function notReadable(error: unknown): undefined {
  if (errno(error) === undefined) throw error;
}
