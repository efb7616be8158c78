import { constants, type FileHandle, open } from 'node:fs/promises';
import { asBftError, BftError, errno } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { inParallel } from '../../core/parallel.ts';
import type { Unit } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { Throttle } from '../../transfer/token-bucket.ts';
import { StagedFiles } from '../http/staged-files.ts';
import type { UnitHasher } from '../http/unit-hasher.ts';
import type { UnitShare } from '../http/unit-memory.ts';
import { reflink } from './reflink.ts';

/** Units that are read, hashed and written at once: enough to keep the disk and the threads busy. */
const LANES = 4;

/** A file that is being copied from one place. */
interface Source {
  readonly handle: FileHandle;
  readonly place: string;
  /** The staged file has the blocks that the place had then: they are what is verified. */
  readonly isCloned: boolean;
}

/** Tells that a file does not have the content that it was said to have. Rejects when that cannot be noted. */
export type DropRows = (rows: readonly { readonly sha1: string; readonly path: string }[]) => Promise<void>;

interface Components {
  readonly log: Logger;
  readonly drop?: DropRows;
  readonly hasher: UnitHasher;
  readonly memory: UnitShare;
  readonly throttle?: Throttle;
}

/** Copies the files of one item out of the storage, from the first place that really has them. */
export class LocalCopies {
  readonly #c: Components;
  readonly #item: TransferItem;
  readonly #ledger: Ledger;
  readonly #staged: StagedFiles;

  constructor(components: Components, item: TransferItem, ledger: Ledger) {
    this.#c = components;
    this.#item = item;
    this.#ledger = ledger;
    this.#staged = new StagedFiles(item);
  }

  /** Throws DISK_FULL and DISK_WRITE of the staged files; what cannot be had from its places stays missing. */
  async run(
    files: readonly string[],
    placesOf: (file: string) => readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for (const file of files) await this.#copy(file, placesOf(file), signal);
    } finally {
      await this.#staged.closeAll();
    }
  }

  async #copy(file: string, places: readonly string[], signal: AbortSignal): Promise<void> {
    for (const place of places) {
      signal.throwIfAborted();
      const why = await this.#copyFrom(file, place, signal);
      if (this.#ledger.isFinished(file) && (await this.#isRight(file, signal))) return;
      const found = { task: this.#item.name, file, place, ...(why && { error: why }) };
      this.#c.log.warn(found, 'a local file does not have the content that it was said to have');
      // Of one that cannot be read nobody knows what it is.
      if (why === undefined) await this.#drop(file, place);
    }
    if (this.#item.manifest.size(file) === 0) {
      await this.#staged.make(file);
      this.#ledger.finish(file, 'local');
    }
  }

  async #drop(file: string, place: string): Promise<void> {
    await this.#c.drop?.([{ sha1: this.#item.manifest.sha1(file), path: place }]).catch((error: unknown) => {
      this.#c.log.error({ file: place, err: error }, 'a wrong row of the hash table cannot be dropped');
    });
  }

  /** What is wrong there stays missing; says why the place could not be read, if so. */
  async #copyFrom(file: string, place: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      // A pipe must not hold up the task.
      const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        await this.#copyOpen(file, place, handle, signal);
      } finally {
        await handle.close();
        await this.#staged.close(file);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BftError) throw error;
      return errno(error) ?? String(error);
    }
    return undefined;
  }

  async #copyOpen(file: string, place: string, handle: FileHandle, signal: AbortSignal): Promise<void> {
    const found = await handle.stat();
    if (!found.isFile() || found.size !== this.#item.manifest.size(file)) return;
    const isCloned = await reflink(handle, this.#item.stagedPath(file));
    if (isCloned) await this.#staged.make(file);
    const missing = this.#item.manifest.units(file).filter(unit => !this.#ledger.isVerified(unit));
    const source = { handle, place, isCloned };
    await inParallel(missing, LANES, signal, (unit, stop) => this.#copyUnit(unit, source, stop));
  }

  async #copyUnit(unit: Unit, source: Source, signal: AbortSignal): Promise<void> {
    await this.#c.throttle?.(unit.length, signal);
    const buffer = await this.#c.memory.take(unit.length, signal);
    try {
      if (await this.#isCopied(unit, source, buffer)) this.#ledger.verified(unit, 'local');
    } finally {
      this.#c.memory.give(buffer);
    }
  }

  /** Cloned blocks may be wrong although the place is right by now. */
  async #isCopied(unit: Unit, source: Source, buffer: SharedArrayBuffer): Promise<boolean> {
    if (source.isCloned && (await this.#isClonedRight(unit, source, buffer))) return true;
    const { handle, place } = source;
    const { bytesRead } = await handle.read(new Uint8Array(buffer), 0, unit.length, unit.offset);
    const meter = this.#ledger.meters.local;
    meter.add(place, bytesRead);
    if (bytesRead < unit.length || !(await this.#isUnit(unit, buffer))) {
      meter.waste(place, bytesRead);
      return false;
    }
    await this.#staged.write(unit, new Uint8Array(buffer));
    return true;
  }

  async #isClonedRight(unit: Unit, { place }: Source, buffer: SharedArrayBuffer): Promise<boolean> {
    if (unit.sha1 !== undefined) await this.#staged.read(unit, new Uint8Array(buffer));
    if (!(await this.#isUnit(unit, buffer))) return false;
    this.#ledger.meters.local.add(place, unit.length);
    return true;
  }

  /** A unit without a hash of its own is checked with the whole file, or with its piece. */
  async #isUnit({ sha1 }: Unit, buffer: SharedArrayBuffer): Promise<boolean> {
    return sha1 === undefined || (await this.#c.hasher.sha1(buffer)) === sha1;
  }

  /** Without pieces to check by, the file is hashed as a whole. */
  async #isRight(file: string, signal: AbortSignal): Promise<boolean> {
    const { manifest, isBound } = this.#item;
    if (isBound || manifest.isCheckedWhole(file)) return true;
    const path = this.#item.stagedPath(file);
    const extent = manifest.extent(file);
    const sha1 = await this.#c.hasher.sha1OfFile(path, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw asBftError(error, 'DISK_WRITE', `reading ${path}`);
    });
    if (sha1 === manifest.sha1(file)) return true;
    this.#ledger.meters.local.waste(path, extent.length);
    await this.#ledger.revoke([extent]);
    return false;
  }
}
