import type { Logger } from '../core/log.ts';
import type { HashRow, HashTable } from '../hashtable/hash-table.ts';
import { takeOut } from '../task/avoid-repeat.ts';
import type { TaskFile } from '../task/task-file.ts';
import { HashPool } from '../torrent/hash-pool.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Ledger } from '../transfer/ledger.ts';
import { copyVerified } from '../transfer/local-copy.ts';

/** What a receiver has already is copied, not fetched (BR-41 … BR-43). */
export class AvoidRepeat {
  readonly #table: HashTable;
  readonly #log: Logger;
  readonly #isOn: () => boolean;

  constructor({ table, log }: { table: HashTable; log: Logger }, isOn: () => boolean) {
    this.#table = table;
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
    const files = (item.task.localsamefiles ?? []).filter(file => !ledger.isFinished(file));
    if (files.length === 0) return [];
    const wanted = new Map(files.map(file => [item.manifest.sha1(file), item.manifest.extent(file).length]));
    const found = await this.#table.find(wanted);
    const pool = new HashPool(1);
    try {
      const lost: string[] = [];
      for (const file of files) if (!(await this.#copyOne(item, ledger, file, found, pool, signal))) lost.push(file);
      return lost;
    } finally {
      await pool.close();
    }
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

  async #copyOne(
    item: TransferItem,
    ledger: Ledger,
    file: string,
    found: ReadonlyMap<string, readonly string[]>,
    pool: HashPool,
    signal: AbortSignal,
  ): Promise<boolean> {
    const sha1 = item.manifest.sha1(file);
    const to = item.stagedPath(file);
    for (const from of found.get(sha1) ?? []) {
      if (await copyVerified({ from, to, sha1 }, pool, signal)) {
        ledger.finish(file, 'local');
        return true;
      }
      this.#log.warn({ task: item.name, file, from }, 'a local file is not what the hash table says');
    }
    this.#log.warn({ task: item.name, file }, 'a file is not here after all; it is fetched');
    return false;
  }
}
