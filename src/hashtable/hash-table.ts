import type { Logger } from '../core/log.ts';
import { fitsLine, type HashedFile, type HashRow } from './rows.ts';
import { TableClient } from './table-client.ts';
import type { TablePlace } from './table-place.ts';
import type { TableStats } from './table-rebuilding.ts';
import type { TableNotes } from './table-store.ts';
import type { CallArgs, CallName, CallResult } from './table-thread.ts';

/**
 * The table of what this node has: a text in `sha1sum` form that people edit (BD-17, BH-01), and beside it a database, `hashtable.idx`, that finds in it
 * and knows what the files were. Whatever people do to the text holds from the next question on. A row is only a hint: who copies a file verifies
 * the copy; but one whose file is not what it was is never given (decision 28). All of it runs in a thread of its own.
 */
export class HashTable {
  readonly #log: Logger;
  readonly #place: () => TablePlace;
  readonly #client = new TableClient();
  /** Called when people changed the text, or the table is not foreign any more: its rows want to be held against the files. */
  onImport: () => void = () => {};
  /** What the log has said it is for. */
  #foreign: string | undefined;

  constructor({ log }: { log: Logger }, place: () => TablePlace) {
    this.#log = log;
    this.#place = place;
  }

  /** The files of the storage with that content and size, of each hash that has some. A table that cannot be read costs transfers, no task. */
  async find(wanted: ReadonlyMap<string, number>): Promise<Map<string, string[]>> {
    return new Map(await this.#orNothing('find', [...wanted]));
  }

  /** The SHA-1 of those files that this node hashed, whose row still stands, and that have not been touched since; by path. */
  async known(paths: Iterable<string>): Promise<Map<string, string>> {
    return new Map(await this.#orNothing('known', [...paths]));
  }

  /** Adds rows of files that were verified as a whole just now, by their pieces. Durable when it resolves. */
  async add(rows: readonly HashRow[]): Promise<void> {
    const fitting = rows.filter(fitsLine);
    if (fitting.length > 0) await this.ask('add', fitting);
  }

  /**
   * Adds rows of what this node itself hashed, and notes what the files were. Their states must be from before the hashing and unchanged after it, which
   * began at `begun` (ms since 1970). Durable when it resolves. Of a file that had changed just before, only the row is added: one that changes
   * again within a tick of the file system's clock bears the same times. A row that people took out stays out while its file is what it was (BH-04), unless
   * it `isWanted` by them.
   */
  async addHashed(files: readonly HashedFile[], begun: number, isWanted = false): Promise<void> {
    const fitting = files.filter(fitsLine);
    if (fitting.length > 0) await this.ask('addHashed', fitting, begun, isWanted);
  }

  /** Drops rows that a copy proved wrong, unless they have been made anew meanwhile. */
  async drop(rows: readonly HashRow[]): Promise<void> {
    const dropped = await this.ask('drop', rows);
    if (dropped) await this.ask('compact');
  }

  /** Whether it was not to be used at the last question (decision 30). */
  get isForeign(): boolean {
    return this.#foreign !== undefined;
  }

  async stats(): Promise<TableStats> {
    const stats = await this.ask('stats');
    if (!stats) throw new Error('stats are told of any table');
    return stats;
  }

  /** Asks the thread; undefined when the table is not to be used (decision 30). Throws what the disk says. */
  async ask<N extends CallName>(call: N, ...args: CallArgs<N>): Promise<CallResult<N> | undefined> {
    const place = this.#place();
    const { value, notes } = await this.#client.ask(place, call, args);
    this.#tell(notes, place);
    return value;
  }

  /** Lets go of the files. A later question opens them again. */
  stop(): Promise<void> {
    return this.#client.close();
  }

  async #orNothing<N extends 'find' | 'known'>(call: N, wanted: CallArgs<N>[0]): Promise<CallResult<N> | []> {
    try {
      return (await this.ask(call, ...([wanted] as unknown as CallArgs<N>))) ?? [];
    } catch (error) {
      this.#log.warn({ hashtable: this.#place().path, err: error }, 'the hash table cannot be read');
      return [];
    }
  }

  #tell({ bad, isImported, renewed, foreign }: TableNotes, { path: hashtable, builtFor }: TablePlace): void {
    if (isImported) this.onImport();
    if (bad !== undefined)
      this.#log.warn({ hashtable, rows: bad }, 'rows of the hash table that cannot be read are passed over');
    if (renewed !== undefined)
      this.#log.warn(
        { hashtable, why: renewed },
        'the database beside the hash table is begun anew: files are hashed again',
      );
    if (foreign !== undefined && foreign !== this.#foreign) {
      const what = `the hash table was built for ${foreign}, not ${builtFor}: it is not used until "hashtable init" has run`;
      this.#log.warn({ hashtable, code: 'HASHTABLE_FOREIGN' }, what);
    }
    const isUsableAgain = foreign === undefined && this.isForeign;
    this.#foreign = foreign;
    // What changed meanwhile nobody has entered.
    if (isUsableAgain) this.onImport();
  }
}
