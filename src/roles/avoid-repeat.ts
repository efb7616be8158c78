import { BftError, type ErrorCode } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { HashRow, HashTable } from '../hashtable/hash-table.ts';
import { takeOut } from '../task/avoid-repeat.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Ledger } from '../transfer/ledger.ts';
import type { Transport } from '../transfer/transport.ts';

const NOT_HERE: ReadonlySet<ErrorCode> = new Set(['WRONG_BYTES', 'SOURCE_MISSING']);

interface Components {
  readonly table: HashTable;
  /** Copies what the table has. */
  readonly local: Transport<'local'>;
  readonly log: Logger;
}

/** What a receiver has already is copied, not fetched (BR-41 … BR-43). */
export class AvoidRepeat {
  readonly #table: HashTable;
  readonly #local: Transport<'local'>;
  readonly #log: Logger;
  readonly #isOn: () => boolean;

  constructor({ table, local, log }: Components, isOn: () => boolean) {
    this.#table = table;
    this.#local = local;
    this.#log = log;
    this.#isOn = isOn;
  }

  /** The task with what is here taken out of the lists, and with their sums from then on (BT-09); empty files are not worth a look. */
  async plan(task: TaskFile): Promise<TaskFile> {
    if (!this.#isOn()) return takeOut(task, new Set());
    const wanted = new Map(task.filelist.filter(({ size }) => size > 0).map(({ hash, size }) => [hash, size]));
    const found = await this.#table.find(wanted);
    const here = task.filelist.filter(({ hash, size }) => size > 0 && found.has(hash)).map(({ file }) => file);
    return takeOut(task, new Set(here));
  }

  /** Copies what the task has in `localsamefiles` into the staging tree. Resolves with the files that are not here after all. */
  async copy(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<string[]> {
    const files = item.files('local').filter(file => !ledger.isFinished(file));
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

  /** A finished package is a source of duplicates (BH-04). */
  async remember(item: TransferItem): Promise<void> {
    await this.enter(item.task.filelist.map(({ file, hash }) => ({ sha1: hash, path: item.sourcePath(file) })));
  }

  /** Enters what was just hashed, a row per file, into the hash table. One that cannot be written costs transfers, not this task. */
  async enter(rows: readonly HashRow[]): Promise<void> {
    if (!this.#isOn()) return;
    await this.#table.add(rows).catch((error: unknown) => {
      this.#log.error(
        { files: rows.length, first: rows[0]?.path, err: error },
        'files cannot be entered into the hash table',
      );
    });
  }
}
