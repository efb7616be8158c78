import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError, errno } from '../core/errors.ts';
import { METHODS, type Method, type Source } from '../core/method.ts';
import { makeDirectory, syncDirectory, syncFile, writeDurable } from '../disk/durable.ts';
import type { Extent } from '../torrent/manifest.ts';
import { Meter } from './meter.ts';

const SOURCES: readonly Source[] = [...METHODS, 'local'];
const FLUSH_FILES = 256;
const FLUSH_MS = 1000;

interface FinishedFile {
  readonly file: string;
  readonly source: Source;
  readonly bytes: number;
}

/**
 * What a receiving task has, and where it came from. Verified units are known in memory; finished files are durable: first their data is synced, then
 * the line that says so (data → fsync → ledger). A torn last line is a file that is fetched again, nothing worse.
 */
export class Ledger {
  readonly meters: Readonly<Record<Method, Meter>>;
  readonly #path: string;
  readonly #finished = new Map<string, FinishedFile>();
  /** Those of them whose data is synced: only they may stand in the file. */
  readonly #durable = new Set<string>();
  /** Verified bytes of files that are not finished, by file, keyed by the unit's offset. */
  readonly #units = new Map<string, Map<number, { length: number; method: Method }>>();
  readonly #notices = new Map<Method, BftError>();
  #pending: (FinishedFile & { path: string })[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  private constructor(path: string, clock: Clock) {
    this.#path = path;
    this.meters = { bt: new Meter(clock), obs: new Meter(clock), cdn: new Meter(clock) };
  }

  /** Opens the ledger in `directory`; what it claims is believed only for files that `locate` still finds with their size. */
  static async open(
    directory: string,
    clock: Clock,
    locate: (file: string, source: Source) => string,
  ): Promise<Ledger> {
    await makeDirectory(directory);
    const ledger = new Ledger(join(directory, 'ledger.jsonl'), clock);
    for (const entry of await readLines(ledger.#path)) {
      const size = await stat(locate(entry.file, entry.source)).then(
        s => s.size,
        () => -1,
      );
      if (size !== entry.bytes) continue;
      ledger.#finished.set(entry.file, entry);
      ledger.#durable.add(entry.file);
    }
    await ledger.#rewrite();
    return ledger;
  }

  isFinished(file: string): boolean {
    return this.#finished.has(file);
  }

  isVerified({ file, offset }: Extent): boolean {
    return this.#finished.has(file) || (this.#units.get(file)?.has(offset) ?? false);
  }

  /** Where a finished file came from. */
  sourceOf(file: string): Source | undefined {
    return this.#finished.get(file)?.source;
  }

  /** A unit was verified and written (not yet synced). */
  verified({ file, offset, length }: Extent, method: Method): void {
    let units = this.#units.get(file);
    if (!units) this.#units.set(file, (units = new Map<number, { length: number; method: Method }>()));
    units.set(offset, { length, method });
    this.#notices.delete(method);
  }

  /** A file is complete at `path`; it counts after a restart once `flush` or the next batch has made it durable. */
  finish(file: string, source: Source, bytes: number, path: string): void {
    this.#finished.set(file, { file, source, bytes });
    this.#durable.delete(file);
    this.#units.delete(file);
    this.#pending.push({ file, source, bytes, path });
    if (this.#pending.length >= FLUSH_FILES) this.#flushSoon();
    else this.#timer ??= setTimeout(() => this.#flushSoon(), FLUSH_MS);
  }

  /** Takes files back: they were found wrong and are to be fetched again. Durable when it resolves. */
  async revoke(files: readonly string[]): Promise<void> {
    await this.flush();
    for (const file of files) this.#finished.delete(file);
    // In turn with the batches: none may be appended to the file that this one replaces.
    const rewriting = this.#flushing.then(() => this.#rewrite());
    this.#flushing = rewriting.catch(() => {});
    await rewriting;
  }

  /** Makes all finished files durable. Throws what went wrong since the last call: a failed sync is never taken for a good one. */
  async flush(): Promise<void> {
    this.#flushSoon();
    await this.#flushing;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw asBftError(failure, 'DISK_WRITE', `making the files of ${this.#path} durable`);
  }

  /** Verified bytes by where they came from. */
  bytes(source: Source): number {
    let bytes = 0;
    for (const entry of this.#finished.values()) if (entry.source === source) bytes += entry.bytes;
    for (const units of this.#units.values()) {
      for (const unit of units.values()) if (unit.method === source) bytes += unit.length;
    }
    return bytes;
  }

  /** Why a method does not move right now; undefined clears it. */
  notice(method: Method, error: BftError | undefined): void {
    if (error) this.#notices.set(method, error);
    else this.#notices.delete(method);
  }

  noticeOf(method: Method): BftError | undefined {
    return this.#notices.get(method);
  }

  /** The trouble of any method; one that time does not heal comes first. To wait for a window is none (BW-03). */
  get trouble(): BftError | undefined {
    const notices = METHODS.flatMap(method => this.#notices.get(method) ?? []);
    const all = notices.filter(({ code }) => code !== 'WINDOW_CLOSED');
    return all.find(error => error.permanent) ?? all[0];
  }

  #flushSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    this.#flushing = this.#flushing
      .then(() => this.#write(batch))
      .catch((error: unknown) => {
        for (const { file } of batch) this.#finished.delete(file);
        this.#failure ??= error;
      });
  }

  async #write(batch: readonly (FinishedFile & { path: string })[]): Promise<void> {
    for (const { path } of batch) await syncFile(path);
    for (const directory of new Set(batch.map(({ path }) => dirname(path)))) await syncDirectory(directory);
    const handle = await open(this.#path, 'a');
    try {
      await handle.appendFile(batch.map(line).join(''));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    for (const { file } of batch) this.#durable.add(file);
  }

  async #rewrite(): Promise<void> {
    const entries = [...this.#finished.values()].filter(({ file }) => this.#durable.has(file));
    await writeDurable(this.#path, entries.map(line).join(''));
  }
}

const line = ({ file, source, bytes }: FinishedFile) => `${JSON.stringify({ file, source, bytes })}\n`;

async function readLines(path: string): Promise<FinishedFile[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return '';
    throw error;
  });
  // What follows the last newline was torn by a crash.
  return text.split('\n').slice(0, -1).flatMap(readLine);
}

/** A line that cannot be read costs its file a second transfer, nothing more. */
function readLine(line: string): FinishedFile[] {
  try {
    const entry = JSON.parse(line) as Partial<FinishedFile> | null;
    const isWhole =
      typeof entry?.file === 'string' && typeof entry.bytes === 'number' && SOURCES.some(s => s === entry.source);
    return isWhole ? [entry as FinishedFile] : [];
  } catch {
    return [];
  }
}
