import { lstat } from 'node:fs/promises';
import { BftError, notThere } from '../core/errors.ts';
import { isSame } from '../transfer/bucket-source.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { BucketPackages } from './bucket-packages.ts';
import type { TaskRecords } from './task-records.ts';

/** The files of a package that is about to be offered, held against what they were when its task was made. */
export class SentSource {
  readonly #records: TaskRecords;
  readonly #packages: BucketPackages;

  constructor({ records, packages }: { records: TaskRecords; packages: BucketPackages }) {
    this.#records = records;
    this.#packages = packages;
  }

  /** What is gone of a package of the bucket is fetched again (BS-30), with the times that the files had: they are as good as when the task was made. */
  async restore(item: TransferItem, signal: AbortSignal): Promise<void> {
    const files = await this.#records.source(item.name, item.task);
    await this.#packages.restore(item, new Map(files.map(({ path, mtimeMs }) => [path, mtimeMs])), signal);
  }

  /** A package that is no longer what was hashed is not offered to anybody: its bytes would be refused everywhere (faults.md 18). */
  async check(item: TransferItem): Promise<void> {
    for (const file of await this.#records.source(item.name, item.task)) {
      const path = item.sourcePath(file.path);
      if (isSame(await lstat(path).catch(notThere), file)) continue;
      throw new BftError('SOURCE_CHANGED', `${path} changed since the task was made; make the task again`);
    }
  }
}
