import { lstat } from 'node:fs/promises';
import { BftError, notThere } from '../core/errors.ts';
import type { PackageFile } from '../disk/walk.ts';
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

  /** What is gone of a package of the bucket is fetched again (BS-30); those files are as good as when the task was made. */
  async restore(item: TransferItem, signal: AbortSignal): Promise<void> {
    const restored = new Set(await this.#packages.restore(item, signal));
    if (restored.size === 0) return;
    const files: PackageFile[] = [];
    for (const file of await this.#records.source(item.name, item.task)) {
      const changed = restored.has(file.path) ? await lstat(item.sourcePath(file.path)) : file;
      files.push({ ...file, mtimeMs: changed.mtimeMs });
    }
    await this.#records.saveSource(item.name, item.task, files);
  }

  /** A package that is no longer what was hashed is not offered to anybody: its bytes would be refused everywhere (faults.md 18). */
  async check(item: TransferItem): Promise<void> {
    for (const { path, size, mtimeMs } of await this.#records.source(item.name, item.task)) {
      const now = await lstat(item.sourcePath(path)).catch(notThere);
      if (now?.size === size && now.mtimeMs === mtimeMs) continue;
      throw new BftError(
        'SOURCE_CHANGED',
        `${item.sourcePath(path)} changed since the task was made; make the task again`,
      );
    }
  }
}
