import { shownUrl } from '../../core/shown-url.ts';
import type { Got } from 'got';
import { BftError } from '../../core/errors.ts';
import type { Unit } from '../../torrent/manifest.ts';
import { requestRange } from './range-request.ts';
import type { Range } from './ranges.ts';
import { StagedFiles, type StagingJob } from './staged-files.ts';
import { checkUrl } from './client.ts';

export interface FetchJob extends StagingJob {
  /** The address of a file right now. */
  readonly urlOf: (file: string) => string;
}

/**
 * Fetches extents over HTTP in parallel ranges. Every unit is hashed in memory, off the event loop, before it is written: wrong bytes never
 * touch the disk. One try: when a request fails, the others end their ranges, and the first error is thrown.
 */
export class RangedFetcher {
  readonly #http: Got;
  readonly #connections: () => number;

  constructor(http: Got, connections: () => number) {
    this.#http = http;
    this.#connections = connections;
  }

  async fetch(job: FetchJob, signal: AbortSignal): Promise<void> {
    const files = new StagedFiles(job);
    try {
      const ranges = await files.missing();
      const failures: unknown[] = [];
      const worker = async () => {
        for (let range = ranges.shift(); range && failures.every(isWrongBytes); range = ranges.shift()) {
          await this.#fetchRange(job, files, range, signal).catch((error: unknown) => failures.push(error));
        }
      };
      await Promise.all(Array.from({ length: this.#connections() }, worker));
      signal.throwIfAborted();
      if (failures.length > 0) throw failures[0];
    } finally {
      await files.close();
    }
    await job.ledger.flush();
  }

  async #fetchRange(job: FetchJob, files: StagedFiles, range: Range, signal: AbortSignal): Promise<void> {
    const url = job.urlOf(range.file);
    const { host } = checkUrl(url);
    const size = job.item.manifest.extent(range.file).length;
    const units = new UnitBuffer(range.units);
    let writing: Promise<void> = Promise.resolve();
    try {
      for await (const chunk of requestRange(this.#http, url, range, size, signal)) {
        job.ledger.meters[job.method].add(host, chunk.length);
        for (const { unit, bytes } of units.push(chunk)) {
          await writing;
          writing = this.#accept(job, files, unit, bytes, url);
          writing.catch(() => {});
        }
      }
    } finally {
      await writing;
    }
  }

  async #accept(
    job: FetchJob,
    files: StagedFiles,
    unit: Unit,
    bytes: Uint8Array<ArrayBuffer>,
    url: string,
  ): Promise<void> {
    if (unit.sha1 !== undefined) {
      const digest = Buffer.from(await crypto.subtle.digest('SHA-1', bytes)).toString('hex');
      if (digest !== unit.sha1) {
        job.ledger.meters[job.method].waste(checkUrl(url).host, bytes.length);
        const where = `${unit.file} bytes ${unit.offset}-${unit.offset + unit.length - 1}`;
        throw new BftError('WRONG_BYTES', `${shownUrl(url)} sent wrong bytes for ${where}; refused`);
      }
    }
    await files.write(unit, bytes);
  }
}

/** One range that stays wrong must not keep those behind it from being fetched. */
function isWrongBytes(error: unknown): boolean {
  return error instanceof BftError && error.code === 'WRONG_BYTES';
}

/** Cuts the bytes of a range into its units. */
class UnitBuffer {
  readonly #units: readonly Unit[];
  #index = 0;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;

  constructor(units: readonly Unit[]) {
    this.#units = units;
  }

  /** Takes the next bytes; yields the units that they complete. */
  *push(chunk: Uint8Array): Generator<{ unit: Unit; bytes: Uint8Array<ArrayBuffer> }> {
    for (let at = 0; at < chunk.length; ) {
      const unit = this.#units[this.#index];
      if (!unit) return;
      this.#buffer ??= new Uint8Array(unit.length);
      const part = chunk.subarray(at, at + unit.length - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === unit.length) {
        const bytes = this.#buffer;
        this.#buffer = undefined;
        this.#filled = 0;
        this.#index += 1;
        yield { unit, bytes };
      }
    }
  }
}
