import { constants, lstat, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { asBftError, BftError, notThere } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Logger } from '../core/log.ts';
import { inParallel } from '../core/parallel.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { makeDirectory, removeDurable, renameDurable } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import { walkPackage } from '../disk/walk.ts';
import { writeFully } from '../disk/write-fully.ts';
import { taskObsKeys } from '../task/task-file.ts';
import { HashPool } from '../torrent/hash-pool.ts';
import {
  type BucketPlace,
  type BucketSource,
  isSame,
  type SourceFile,
  type SourceListing,
} from '../transfer/bucket-source.ts';
import { hashFile } from '../torrent/hash-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import { pauseMs } from '../transfer/retry.ts';
import { SourceStaging } from '../transfer/source-staging.ts';

const PARALLEL_FILES = 4;
const RANGE_BYTES = 16 * 1024 * 1024;
/** About two minutes of pauses for one range; then the caller's own rule holds. */
const TRIES = 8;

type Progress = (bytes: number, total: number) => void;

export interface BucketPackagesComponents {
  readonly source: BucketSource;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Packages whose data lies in a bucket (BN-007, C-35): brought to their place at the sender before they are hashed, and again when files are gone. */
export class BucketPackages {
  readonly #c: BucketPackagesComponents;
  readonly #transferPath: () => string;
  readonly #lock = new KeyedLock();

  constructor(components: BucketPackagesComponents, transferPath: () => string) {
    this.#c = components;
    this.#transferPath = transferPath;
  }

  /**
   * Makes the package at `packagePath` what the bucket has: files that are there with size and time of their object stay, the others are fetched aside,
   * made durable and renamed to their place. Can be called again after any end; whole files are kept. Throws SOURCE_REFUSED for files that the bucket
   * does not have.
   */
  bring(place: BucketPlace, packagePath: string, signal: AbortSignal, onProgress: Progress): Promise<void> {
    return this.#inTurn(packagePath, signal, () => this.#bring(place, packagePath, signal, onProgress));
  }

  /** Fetches what is gone of a task's package, verified by the task's SHA-1. The files get the times (ms, by file) that they had. Resolves with those files. */
  restore(item: TransferItem, mtimes: ReadonlyMap<string, number>, signal: AbortSignal): Promise<string[]> {
    return this.#inTurn(item.packagePath, signal, () => this.#restore(item, mtimes, signal));
  }

  /** Removes what an interrupted `bring` fetched. */
  discard(packagePath: string): Promise<void> {
    return this.#lock.run(packagePath, () => new SourceStaging(this.#transferPath(), packagePath).remove());
  }

  /** Another task of the package may fetch for hours: waiting for it ends at the signal. */
  async #inTurn<T>(packagePath: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = Promise.withResolvers<void>();
    const done = this.#lock.run(packagePath, () => {
      turn.resolve();
      signal.throwIfAborted();
      return work();
    });
    done.catch(() => {});
    await unlessAborted(turn.promise, signal);
    return await done;
  }

  async #bring(place: BucketPlace, packagePath: string, signal: AbortSignal, onProgress: Progress): Promise<void> {
    const listing = await this.#retried(signal, () => this.#c.source.list(place, signal));
    const missing = await missingAt(packagePath, listing, place.url);
    if (missing.length === 0) return;
    const total = listing.files.reduce((sum, { size }) => sum + size, 0);
    let bytes = total - missing.reduce((sum, { size }) => sum + size, 0);
    const staging = new SourceStaging(this.#transferPath(), packagePath);
    this.#c.log.info({ package: packagePath, files: missing.length, bytes: total - bytes }, 'fetching from the bucket');
    onProgress(bytes, total);
    await inParallel(missing, PARALLEL_FILES, signal, (file, stop) =>
      this.#fetch(place, listing, file, staging, stop, more => onProgress((bytes += more), total)),
    );
    await staging.place(listing.type, missing);
  }

  async #restore(item: TransferItem, mtimes: ReadonlyMap<string, number>, signal: AbortSignal): Promise<string[]> {
    const { name, task, packagePath } = item;
    const type = task.type ?? 'dir';
    const missing: SourceFile[] = [];
    for (const { file, size } of task.filelist) {
      const info = await lstat(item.sourcePath(file)).catch(notThere);
      if (info?.isFile() && info.size === size) continue;
      missing.push({ file, size, mtimeMs: mtimes.get(file) ?? this.#c.clock.now() });
    }
    if (missing.length === 0) return [];
    this.#c.log.warn({ task: name, files: missing.length }, 'files of the package are gone; fetching from the bucket');
    const place = { name: task.name, url: task.obs.url ?? '', keys: item.obsKeys ?? taskObsKeys(task) };
    const staging = new SourceStaging(this.#transferPath(), packagePath);
    const pool = new HashPool(1);
    try {
      await inParallel(missing, PARALLEL_FILES, signal, async (file, stop) => {
        await this.#fetch(place, { type }, file, staging, stop, () => {});
        if ((await hashFile(pool, staging.path(file.file), stop)) === item.manifest.sha1(file.file)) return;
        await removeDurable(staging.path(file.file));
        throw new BftError('SOURCE_CHANGED', `${file.file} in ${place.url} is not what the task ${name} was made of`);
      });
    } finally {
      await pool.close();
    }
    await staging.place(type, missing);
    return missing.map(({ file }) => file);
  }

  /** Resolves when the file stands whole and durable in the staging tree. */
  async #fetch(
    place: BucketPlace,
    listing: Pick<SourceListing, 'type'>,
    file: SourceFile,
    staging: SourceStaging,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const [target, part] = [staging.path(file.file), staging.partPath(file.file)];
    if (isSame(await lstat(target).catch(notThere), file)) return onBytes(file.size);
    await makeDirectory(dirname(part));
    const handle = await open(part, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW);
    try {
      for (let offset = 0; offset < file.size; offset += RANGE_BYTES) {
        const range = { offset, length: Math.min(RANGE_BYTES, file.size - offset) };
        await this.#retried(signal, async () => {
          let at = offset;
          for await (const chunk of this.#c.source.read(place, listing, file, range, signal)) {
            await writeFully(handle, chunk, at);
            at += chunk.length;
          }
        });
        onBytes(range.length);
      }
      await handle.utimes(file.mtimeMs / 1000, file.mtimeMs / 1000);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await makeDirectory(dirname(target));
    await renameDurable(part, target);
  }

  async #retried<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (cause) {
        signal.throwIfAborted();
        const error = asBftError(cause, 'DISK_WRITE', 'fetching from the bucket');
        if (error.permanent || tries === TRIES || error.code.startsWith('DISK_')) throw error;
        await this.#c.clock.sleep(pauseMs(tries, error, Math.random), signal);
      }
    }
  }
}

/** The listed files that are not at their place with size and time of their object. What is there must be a package of the same kind, of no other files. */
async function missingAt(packagePath: string, { type, files }: SourceListing, url: string): Promise<SourceFile[]> {
  if (!(await exists(packagePath))) return [...files];
  const here = await walkPackage(packagePath);
  if (here.type !== type)
    throw new BftError('SOURCE_REFUSED', `${packagePath} is a ${here.type}, and ${url} is a ${type}`);
  const listed = new Set(files.map(({ file }) => file));
  const extra = here.files.find(({ path }) => !listed.has(path));
  if (extra) throw new BftError('SOURCE_REFUSED', `${join(packagePath, extra.path)} is not in ${url}`);
  const found = new Map(here.files.map(file => [file.path, file]));
  return files.filter(file => !isSame(found.get(file.file), file));
}
