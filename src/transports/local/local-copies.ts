import { constants, copyFile, type FileHandle, open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { errno } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { inParallel } from '../../core/parallel.ts';
import { makeDirectory } from '../../disk/durable.ts';
import { HashPool } from '../../torrent/hash-pool.ts';
import type { Unit } from '../../torrent/manifest.ts';
import { hashFile } from '../../transfer/hash-files.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { Throttle } from '../../transfer/token-bucket.ts';
import { StagedFiles } from '../http/staged-files.ts';

/** Units that are read, hashed and written at once: enough to keep the disk and the threads busy. */
const LANES = 4;
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'EIO', 'ELOOP'];
const NO_REFLINK = ['ENOTSUP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS', 'EOPNOTSUPP'];

/** A file that is being copied from one place. */
interface Source {
  readonly handle: FileHandle;
  readonly place: string;
  /** The staged file shares its blocks: nothing has to be written. */
  readonly isCloned: boolean;
}

/** Copies the files of one item out of the storage, from the first place that really has them. */
export class LocalCopies {
  readonly #log: Logger;
  readonly #throttle: Throttle | undefined;
  readonly #item: TransferItem;
  readonly #ledger: Ledger;
  readonly #staged: StagedFiles;

  constructor({ log, throttle }: { log: Logger; throttle?: Throttle }, item: TransferItem, ledger: Ledger) {
    this.#log = log;
    this.#throttle = throttle;
    this.#item = item;
    this.#ledger = ledger;
    this.#staged = new StagedFiles(item);
  }

  async run(
    files: readonly string[],
    placesOf: (file: string) => readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const pool = new HashPool(Math.min(LANES, availableParallelism()));
    try {
      for (const file of files) await this.#copy(file, placesOf(file), pool, signal);
    } finally {
      await this.#staged.closeAll();
      await pool.close();
    }
  }

  async #copy(file: string, places: readonly string[], pool: HashPool, signal: AbortSignal): Promise<void> {
    for (const place of places) {
      signal.throwIfAborted();
      await this.#copyFrom(file, place, pool, signal);
      if (this.#ledger.isFinished(file) && (await this.#isRight(file, pool, signal))) return;
      this.#log.warn({ task: this.#item.name, file, place }, 'a local file is not what the hash table says');
    }
    if (this.#item.manifest.size(file) === 0) {
      await this.#staged.make(file);
      this.#ledger.finish(file, 'local');
    }
  }

  /** What is wrong there stays missing. */
  async #copyFrom(file: string, place: string, pool: HashPool, signal: AbortSignal): Promise<void> {
    const source = await this.#open(file, place);
    if (!source) return;
    try {
      const missing = this.#item.manifest.units(file).filter(unit => !this.#ledger.isVerified(unit));
      await inParallel(missing, LANES, signal, (unit, stop) => this.#copyUnit(unit, source, pool, stop));
    } catch (error) {
      if (!NOT_THERE.includes(errno(error) ?? '')) throw error;
    } finally {
      await source.handle.close();
      await this.#staged.close(file);
    }
  }

  async #copyUnit(unit: Unit, source: Source, pool: HashPool, signal: AbortSignal): Promise<void> {
    await this.#throttle?.(unit.length, signal);
    signal.throwIfAborted();
    const bytes = new Uint8Array(new SharedArrayBuffer(unit.length));
    const { bytesRead } = await source.handle.read(bytes, 0, unit.length, unit.offset);
    this.#ledger.meters.local.add(source.place, bytesRead);
    const sha1 = await sha1Of(bytes.subarray(0, bytesRead), unit, pool);
    if (bytesRead < unit.length || (unit.sha1 !== undefined && sha1 !== unit.sha1)) {
      return this.#ledger.meters.local.waste(source.place, bytesRead);
    }
    if (!source.isCloned) await this.#staged.write(unit, bytes);
    this.#ledger.verified(unit, 'local');
  }

  /** Undefined when there is no such file, or one of another size. */
  async #open(file: string, place: string): Promise<Source | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (NOT_THERE.includes(errno(error) ?? '')) return undefined;
      throw error;
    }
    const { size } = await handle.stat();
    if (size === this.#item.manifest.size(file)) return { handle, place, isCloned: await this.#isCloned(file, place) };
    await handle.close();
    return undefined;
  }

  /** Shares the blocks of the whole file, where the file system can, and where nothing of it was staged before. */
  async #isCloned(file: string, place: string): Promise<boolean> {
    if (this.#ledger.bytesOf(file) > 0) return false;
    const path = this.#item.stagedPath(file);
    await makeDirectory(dirname(path));
    try {
      await copyFile(place, path, constants.COPYFILE_FICLONE_FORCE);
      return true;
    } catch (error) {
      if (NO_REFLINK.includes(errno(error) ?? '')) return false;
      throw error;
    }
  }

  /** Without pieces to check by, the file is hashed as a whole. */
  async #isRight(file: string, pool: HashPool, signal: AbortSignal): Promise<boolean> {
    const { manifest, isBound } = this.#item;
    if (isBound || manifest.isCheckedWhole(file)) return true;
    const path = this.#item.stagedPath(file);
    if ((await hashFile(pool, path, signal)) === manifest.sha1(file)) return true;
    const extent = manifest.extent(file);
    this.#ledger.meters.local.waste(path, extent.length);
    await this.#ledger.revoke([extent]);
    return false;
  }
}

async function sha1Of(bytes: Uint8Array<SharedArrayBuffer>, unit: Unit, pool: HashPool): Promise<string> {
  const stream = `${unit.file}:${unit.offset}`;
  const digests = await pool.hash(bytes.buffer, [{ stream, start: 0, end: bytes.length, close: true }]);
  return Buffer.from(digests.get(stream) ?? []).toString('hex');
}
