import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { errno, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { HashTable } from './hash-table.ts';
import type { LastRow } from './table-looks.ts';

/** Names that are held against the table at once. */
const BATCH = 256;

interface LookOptions {
  readonly storage: string;
  readonly isExcluded: (directory: string) => boolean;
}

interface Looked {
  /** Directories in it that belong to the storage; absolute. */
  readonly directories: readonly string[];
  /** Something in it changed just now: it wants another look. */
  readonly isUnquiet: boolean;
  /** There is no such directory. */
  readonly isGone: boolean;
}

/** Called for each directory, before it is listed and after it was held against the table. */
interface Around {
  readonly before: (directory: string) => void;
  readonly after: (directory: string, looked: Looked) => void;
}

const NOTHING: Looked = { directories: [], isUnquiet: false, isGone: false };

/**
 * Holds the storage against the table, a directory at a time, in bounded memory: what is new waits to be hashed, what is gone is dropped. What cannot be
 * listed is not compared: a disk with errors, or one that is not mounted, would cost its rows.
 */
export class StorageLooks {
  readonly #table: Pick<HashTable, 'ask'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: LookOptions;
  /** What the log has been told of. */
  readonly #unreadable = new Set<string>();

  constructor(
    { table, clock, log }: { table: Pick<HashTable, 'ask'>; clock: Clock; log: Logger },
    options: LookOptions,
  ) {
    this.#table = table;
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
  }

  /** One directory, without those in it. One that is gone loses its rows, and those below it. Rejects with the signal's reason, within a batch. */
  async look(directory: string, signal: AbortSignal): Promise<Looked> {
    if (this.#options.isExcluded(directory)) return NOTHING;
    try {
      const isRoot = directory === this.#options.storage;
      const info = isRoot ? undefined : await lstat(directory).catch(notThere);
      if (isRoot || info?.isDirectory()) return await this.#compare(directory, isRoot, signal);
      await this.#forget(directory, signal);
      return { ...NOTHING, isGone: true };
    } catch (error) {
      signal.throwIfAborted();
      this.#tell(directory, error);
    }
    return NOTHING;
  }

  /** Everything. Gives false when the storage is empty, or not mounted: no row was dropped. Rejects with the signal's reason. */
  async lookAtAll(signal: AbortSignal, { before, after: each }: Around): Promise<boolean> {
    const { storage } = this.#options;
    const waiting = [storage];
    for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
      signal.throwIfAborted();
      before(directory);
      const looked = await this.look(directory, signal);
      each(directory, looked);
      waiting.push(...looked.directories);
    }
    if (!(await this.#isMounted())) return false;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const lost: { directories: string[]; next?: string } | undefined = await this.#table.ask('lost', after);
      for (const directory of lost?.directories ?? []) await this.look(directory, signal);
      after = lost?.next;
      signal.throwIfAborted();
    }
    await this.#table.ask('compact');
    await this.#table.ask('purge');
    return true;
  }

  async #compare(directory: string, isRoot: boolean, signal: AbortSignal): Promise<Looked> {
    const directories: string[] = [];
    let isUnquiet = false;
    let same = 0;
    let count = 0;
    const compare = async (names: readonly string[]) => {
      signal.throwIfAborted();
      const compared = await this.#table.ask('compare', directory, names, this.#clock.now());
      count += names.length;
      same += compared?.same ?? 0;
      isUnquiet ||= compared?.isUnquiet ?? false;
      directories.push(...(compared?.directories ?? []).map(name => join(directory, name)));
    };
    for await (const names of batches(directory)) await compare(names);
    if (isRoot && count === 0)
      this.#log.debug({ directory }, 'the storage is empty, or not mounted: no row is dropped');
    else await this.#sweep(directory, same, signal);
    this.#unreadable.delete(directory);
    return { directories: directories.filter(path => !this.#options.isExcluded(path)), isUnquiet, isGone: false };
  }

  async #sweep(directory: string, same: number, signal: AbortSignal): Promise<void> {
    let rows = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      signal.throwIfAborted();
      const swept: { dropped: number; next: string | undefined } | undefined = await this.#table.ask(
        'sweep',
        directory,
        same,
        after,
      );
      rows += swept?.dropped ?? 0;
      after = swept?.next;
    }
    if (rows > 0) this.#log.info({ directory, rows }, 'files are gone: their rows are dropped');
  }

  async #forget(directory: string, signal: AbortSignal): Promise<void> {
    let rows = 0;
    for (let after: LastRow | undefined, isOver = false; !isOver; isOver = after === undefined) {
      signal.throwIfAborted();
      const forgot: { dropped: number; next: LastRow | undefined } | undefined = await this.#table.ask(
        'forget',
        directory,
        after,
      );
      rows += forgot?.dropped ?? 0;
      after = forgot?.next;
    }
    if (rows > 0) this.#log.info({ directory, rows }, 'a directory is gone: its rows are dropped');
  }

  async #isMounted(): Promise<boolean> {
    for await (const names of batches(this.#options.storage)) return names.length > 0;
    return false;
  }

  #tell(directory: string, error: unknown): void {
    // What the table says is another matter.
    if (errno(error) === undefined || !(error as NodeJS.ErrnoException).syscall) throw error;
    if (errno(error) === 'ENOENT' || this.#unreadable.has(directory)) return;
    if (this.#unreadable.size >= 1000) this.#unreadable.clear();
    this.#unreadable.add(directory);
    this.#log.warn({ directory, err: error }, 'a directory of the storage cannot be listed: its rows stay as they are');
  }
}

async function* batches(directory: string): AsyncGenerator<string[]> {
  let names: string[] = [];
  for await (const { name } of await opendir(directory, { bufferSize: BATCH })) {
    names.push(name);
    if (names.length < BATCH) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}
