import { asBftError, BftError } from '../../core/errors.ts';
import { shownUrl } from '../../core/shown-url.ts';
import type { Unit } from '../../torrent/manifest.ts';
import type { BulkClient } from './bulk-client.ts';
import { checkUrl } from './client.ts';
import { Faults, isOfOneFile } from './faults.ts';
import type { FetchJob } from './fetch-job.ts';
import type { FileVersions } from './file-versions.ts';
import type { HostSlots } from './host-slots.ts';
import { missingUnits } from './missing-units.ts';
import { Pace } from './pace.ts';
import { requestRange, type Served } from './range-request.ts';
import type { Connections } from './ranged-fetcher.ts';
import { type Range, RangeQueue } from './ranges.ts';
import { StagedFiles } from './staged-files.ts';
import type { UnitHasher } from './unit-hasher.ts';
import { UnitIntake } from './unit-intake.ts';
import type { UnitMemory, UnitShare } from './unit-memory.ts';

/** What all fetches have in common. */
export interface Shared {
  readonly bulk: BulkClient;
  readonly connections: () => Connections;
  readonly slots: HostSlots;
  readonly memory: UnitMemory;
  readonly hasher: UnitHasher;
}

/** One try of one job. */
export class Fetch {
  readonly #shared: Shared;
  readonly #job: FetchJob;
  readonly #versions: FileVersions;
  readonly #files: StagedFiles;
  readonly #memory: UnitShare;
  readonly #faults = new Faults();
  readonly #pace = new Pace();
  /** Units that a file still lacks. */
  readonly #missing = new Map<string, number>();

  constructor(shared: Shared, job: FetchJob, versions: FileVersions) {
    this.#shared = shared;
    this.#job = job;
    this.#versions = versions;
    this.#files = new StagedFiles(job.item);
    this.#memory = shared.memory.share();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      const queue = new RangeQueue(await this.#findMissing(signal));
      const { task } = this.#shared.connections();
      await Promise.all(Array.from({ length: task }, () => this.#connection(queue, signal)));
      signal.throwIfAborted();
      if (this.#faults.error) throw this.#faults.error;
    } finally {
      await this.#files.closeAll();
    }
  }

  /** The units to fetch, by file. What needs no bytes is done on the way: empty files, and units that were written before a crash. */
  async #findMissing(signal: AbortSignal): Promise<Map<string, Unit[]>> {
    const { item, extents, ledger, method } = this.#job;
    const found = new Map<string, Unit[]>();
    for (const [file, wanted] of Map.groupBy(extents, extent => extent.file)) {
      if (ledger.isFinished(file)) continue;
      if (item.manifest.size(file) === 0) {
        await this.#files.make(file);
        ledger.finish(file, method);
      }
      const missing: Unit[] = [];
      for (const unit of missingUnits(item, file, wanted, ledger)) {
        if (!(await this.#isThere(unit, signal))) missing.push(unit);
      }
      if (missing.length > 0) found.set(file, missing);
      else await this.#files.close(file);
      this.#missing.set(file, missing.length);
    }
    return found;
  }

  /** Looks whether a unit that was written before a crash is right. */
  async #isThere(unit: Unit, signal: AbortSignal): Promise<boolean> {
    const { ledger, method } = this.#job;
    if (unit.sha1 === undefined || !ledger.isWritten(unit)) return false;
    const buffer = await this.#memory.take(unit.length, signal);
    try {
      await this.#files.read(unit, new Uint8Array(buffer));
      if ((await this.#shared.hasher.sha1(buffer)) !== unit.sha1) return false;
    } finally {
      this.#memory.give(buffer);
    }
    ledger.verified(unit, method);
    return true;
  }

  /** Fetches one range after the other. */
  async #connection(queue: RangeQueue, signal: AbortSignal): Promise<void> {
    while (!this.#faults.isEnough && !signal.aborted) {
      const { task, file } = this.#shared.connections();
      const most = this.#job.cap?.left ?? Infinity;
      const range = queue.take(Math.min(this.#pace.next(queue.left, task), most), file);
      if (!range) return;
      try {
        await this.#fetchRenewed(range, signal);
      } catch (thrown) {
        const error = asBftError(thrown, 'INTERNAL', `fetching ${range.file}`);
        this.#faults.add(error);
        if (error.permanent && isOfOneFile(error)) queue.drop(range.file);
      } finally {
        queue.done(range);
      }
    }
  }

  /** A signed address may expire under a long fetch: the others go on. */
  async #fetchRenewed(range: Range, signal: AbortSignal): Promise<void> {
    for (;;) {
      const url = this.#job.urlOf(range.file);
      try {
        return await this.#shared.slots.run(checkUrl(url).host, signal, () => this.#fetchRange(range, url, signal));
      } catch (error) {
        signal.throwIfAborted();
        const isRefused = error instanceof BftError && error.answered === 403;
        if (!isRefused || !(await this.#job.renew?.(range.file, url))) throw error;
      }
    }
  }

  async #fetchRange(range: Range, url: string, signal: AbortSignal): Promise<void> {
    const { item, throttle, ledger, method, cap } = this.#job;
    const asked = cap?.ask(range.length);
    const size = item.manifest.extent(range.file).length;
    const begin = performance.now();
    let served: Served = { host: '', validator: undefined };
    const accept = (unit: Unit, buffer: SharedArrayBuffer) => this.#accept(unit, buffer, url, served);
    const intake = new UnitIntake(range.units, this.#memory, accept);
    try {
      const onServed = async (answered: Served) => {
        served = answered;
        await this.#meet(range, served);
      };
      for await (const chunk of requestRange(this.#shared, url, range, size, signal, onServed)) {
        ledger.meters[method].add(served.host, chunk.length);
        asked?.came(chunk.length);
        await throttle?.(chunk.length, signal);
        await intake.take(chunk, signal);
      }
    } finally {
      asked?.end();
      await intake.end();
    }
    this.#pace.measured(range.length, performance.now() - begin);
  }

  async #meet({ file, units }: Range, { validator }: Served): Promise<void> {
    if (validator !== undefined && units.some(({ sha1 }) => sha1 === undefined)) {
      await this.#versions.meet(file, validator);
    }
  }

  async #accept(unit: Unit, buffer: SharedArrayBuffer, url: string, { host, validator }: Served): Promise<void> {
    if (unit.sha1 !== undefined && (await this.#shared.hasher.sha1(buffer)) !== unit.sha1) {
      return this.#refuse(unit, url, host);
    }
    const { ledger, method } = this.#job;
    await this.#files.write(unit, new Uint8Array(buffer));
    if (!this.#versions.accept(unit, validator)) return;
    ledger.verified(unit, method);
    this.#faults.reset();
    const left = (this.#missing.get(unit.file) ?? 0) - 1;
    this.#missing.set(unit.file, left);
    if (left === 0) await this.#files.close(unit.file);
  }

  /** The units behind it may be right: the range goes on. */
  #refuse({ file, offset, length }: Unit, url: string, host: string): void {
    const { ledger, method } = this.#job;
    ledger.meters[method].waste(host, length);
    const where = `${file} bytes ${offset}-${offset + length - 1}`;
    const error = new BftError('WRONG_BYTES', `${shownUrl(url)} sent wrong bytes for ${where}; refused`);
    this.#faults.add(error);
    if (this.#faults.isEnough) throw error;
  }
}
