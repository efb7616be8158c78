import { constants, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asBftError } from '../../core/errors.ts';
import type { Method } from '../../core/method.ts';
import { makeDirectory } from '../../disk/durable.ts';
import { writeFully } from '../../disk/write-fully.ts';
import type { Extent, Unit } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import { type Range, rangesOf } from './ranges.ts';

export interface StagingJob {
  readonly item: TransferItem;
  readonly method: Method;
  readonly extents: readonly Extent[];
  readonly ledger: Ledger;
}

/** The files of one fetch in the staging tree: written by unit, closed and entered into the ledger when their last unit is in. */
export class StagedFiles {
  readonly #job: StagingJob;
  readonly #open = new Map<string, Promise<FileHandle>>();
  readonly #missing = new Map<string, number>();

  constructor(job: StagingJob) {
    this.#job = job;
  }

  /** What is to be fetched, in ranges. Files that need no bytes (empty, or all units there) are finished on the way. */
  async missing(): Promise<Range[]> {
    const { item, extents, ledger } = this.#job;
    const ranges: Range[] = [];
    for (const { file } of extents) {
      if (ledger.isFinished(file)) continue;
      const units = item.manifest.units(file).filter(unit => !ledger.isVerified(unit));
      this.#missing.set(file, units.length);
      if (units.length === 0) await this.#finish(file);
      else ranges.push(...rangesOf(units));
    }
    return ranges;
  }

  async write(unit: Unit, bytes: Uint8Array): Promise<void> {
    const { item, method, ledger } = this.#job;
    const path = item.stagedPath(unit.file);
    try {
      const handle = await this.#opened(unit.file);
      await writeFully(handle, bytes, unit.offset);
    } catch (error) {
      throw asBftError(error, 'DISK_WRITE', `writing ${path}`);
    }
    ledger.verified(unit, method);
    const left = (this.#missing.get(unit.file) ?? 0) - 1;
    this.#missing.set(unit.file, left);
    if (left === 0) await this.#finish(unit.file);
  }

  async close(): Promise<void> {
    const files = [...this.#open.keys()];
    await Promise.all(files.map(file => this.#close(file)));
  }

  #opened(file: string): Promise<FileHandle> {
    let handle = this.#open.get(file);
    if (!handle) this.#open.set(file, (handle = this.#create(file)));
    return handle;
  }

  async #finish(file: string): Promise<void> {
    const { item, method, ledger } = this.#job;
    await this.#opened(file);
    await this.#close(file);
    if (item.manifest.size(file) === 0) ledger.finish(file, method);
  }

  /** Made in its full length at once; an older, longer file of the same name may lie there. */
  async #create(file: string): Promise<FileHandle> {
    const { item } = this.#job;
    const handle = await openStaged(item.stagedPath(file));
    await handle.truncate(item.manifest.extent(file).length);
    return handle;
  }

  async #close(file: string): Promise<void> {
    const opened = this.#open.get(file);
    this.#open.delete(file);
    // An open that failed was reported where the file was to be written.
    const handle = await opened?.catch(() => undefined);
    await handle?.close();
  }
}

async function openStaged(path: string): Promise<FileHandle> {
  await makeDirectory(dirname(path));
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
}
