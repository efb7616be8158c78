import { join, relative } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { BftError, type ErrorCode } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { PackageFile } from '../disk/walk.ts';
import type { HashTable } from '../hashtable/hash-table.ts';
import type { HashRow } from '../hashtable/rows.ts';
import { awaitedFiles, repeatedFiles, takeOut } from '../task/avoid-repeat.ts';
import type { ListedFile, TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Ledger } from '../transfer/ledger.ts';
import type { Transport } from '../transfer/transport.ts';

/** A package as it was listed. */
interface PackageSource {
  /** What the paths are relative to. */
  readonly root: string;
  readonly files: readonly PackageFile[];
}

/** The hashing of a package: what is known before, and what has become known. SHA-1, hex, by path in the package. */
export interface PackageHashing {
  /** Of files that this node hashed before and nobody has touched since. */
  readonly known: ReadonlyMap<string, string>;
  /** Enters what the files have after they were hashed and found unchanged. */
  enter(hashes: ReadonlyMap<string, string>): Promise<void>;
}

const NOT_HERE: ReadonlySet<ErrorCode> = new Set(['WRONG_BYTES', 'SOURCE_MISSING']);

interface Components {
  readonly table: HashTable;
  /** Copies what the table has. */
  readonly local: Transport<'local'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a receiver has already is copied, not fetched (BR-41 … BR-43). */
export class AvoidRepeat {
  readonly #table: HashTable;
  readonly #local: Transport<'local'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #isOn: () => boolean;

  constructor({ table, local, clock, log }: Components, isOn: () => boolean) {
    this.#table = table;
    this.#local = local;
    this.#clock = clock;
    this.#log = log;
    this.#isOn = isOn;
  }

  /**
   * The task with what is here, and what repeats inside the package, taken out of the lists, and with their sums from then on (BT-09); empty files are
   * not worth a look.
   */
  async plan(task: TaskFile): Promise<TaskFile> {
    if (!this.#isOn()) return takeOut(task, new Set());
    const wanted = new Map(task.filelist.filter(({ size }) => size > 0).map(({ hash, size }) => [hash, size]));
    const found = await this.#table.find(wanted);
    const isHere = ({ hash, size }: ListedFile) => size > 0 && found.has(hash);
    const here = task.filelist.filter(isHere).map(({ file }) => file);
    const repeated = repeatedFiles(task.filelist.filter(file => !isHere(file)));
    return takeOut(task, new Set([...here, ...repeated]));
  }

  /** Copies what is here into the staging tree. Resolves with the files that are not here after all. */
  copy(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<string[]> {
    const awaited = awaitedFiles(item.task);
    const files = item.files('local').filter(file => !awaited.has(file));
    return this.#copy(files, item, ledger, signal);
  }

  /** Copies what came once but is in the package more than once, when all the rest is there. Resolves as `copy`. */
  copyRepeats(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<string[]> {
    return this.#copy([...awaitedFiles(item.task)], item, ledger, signal);
  }

  async #copy(listed: readonly string[], item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<string[]> {
    const files = listed.filter(file => !ledger.isFinished(file));
    const extents = files.map(file => item.manifest.extent(file));
    try {
      await this.#local.fetch(item, extents, ledger, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BftError && NOT_HERE.has(error.code))) throw error;
      this.#log.warn({ task: item.name, code: error.code }, `${error.message}; it is fetched`);
    }
    return files.filter(file => !ledger.isFinished(file));
  }

  /**
   * A finished package is a source of duplicates (BH-04). Only rows: it is the pieces that were verified, the SHA-1 are what the task says. Whoever makes
   * a task of it here hashes it once.
   */
  async remember(item: TransferItem): Promise<void> {
    const rows = item.task.filelist.map(({ file, hash }) => ({ sha1: hash, path: item.sourcePath(file) }));
    await this.#enter(rows, () => this.#table.add(rows));
  }

  /** The files of a package are no source any more: it was deleted. */
  async forget(item: TransferItem): Promise<void> {
    if (!this.#isOn()) return;
    const rows = item.task.filelist.map(({ file, hash }) => ({ sha1: hash, path: item.sourcePath(file) }));
    await this.#table.drop(rows).catch((error: unknown) => {
      this.#log.error({ task: item.name, err: error }, 'files cannot be taken out of the hash table');
    });
  }

  /** What the table knows of a package that is about to be hashed (BG-02). */
  async begin({ root, files }: PackageSource): Promise<PackageHashing> {
    const place = ({ path }: PackageFile) => join(root, path);
    const places = this.#isOn() ? await this.#table.known(files.map(place)) : new Map<string, string>();
    const known = new Map([...places].map(([path, sha1]) => [relative(root, path), sha1]));
    const begun = this.#clock.now();
    const enter = async (hashes: ReadonlyMap<string, string>) => {
      const fresh = files.filter(({ path }) => !known.has(path));
      const rows = fresh.map(file => ({ ...file, path: place(file), sha1: hashes.get(file.path) ?? '' }));
      await this.#enter(rows, () => this.#table.addHashed(rows, begun));
    };
    return { known, enter };
  }

  /** A table that cannot be written costs transfers, not this task. */
  async #enter(rows: readonly HashRow[], add: () => Promise<void>): Promise<void> {
    if (!this.#isOn()) return;
    await add().catch((error: unknown) => {
      this.#log.error(
        { files: rows.length, first: rows[0]?.path, err: error },
        'files cannot be entered into the hash table',
      );
    });
  }
}
