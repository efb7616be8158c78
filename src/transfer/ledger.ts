import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError } from '../core/errors.ts';
import { type Method, type Source, SOURCES } from '../core/method.ts';
import { makeDirectory, syncDirectory, syncFile } from '../disk/durable.ts';
import type { Extent } from '../torrent/manifest.ts';
import { LedgerFile } from './ledger-file.ts';
import { type Entry, LedgerJournal, type Span } from './ledger-journal.ts';
import { Meter } from './meter.ts';
import { Notices } from './notices.ts';

const CHECKPOINT_MS = 1000;
const LONGEST_CHECKPOINT_MS = 30_000;
/** A disk that is slow to sync is asked less often: most of its time is for the transfer. */
const SYNC_SHARE = 1 / 4;
const NOTE_MS = 20;
/** So many waiting entries are made durable at once: packages of 20,000 small files must not wait for the clock. */
const CHECKPOINT_ENTRIES = 1024;
const REWRITE_BYTES = 32 * 1024 * 1024;

/** The package as the ledger sees it. */
export interface LedgerFiles {
  /** Bytes; undefined for what is not of the package. */
  readonly size: (file: string) => number | undefined;
  /** Where the file is staged. */
  readonly path: (file: string) => string;
}

interface Verified {
  readonly file: string;
  readonly source: Source;
  readonly span: Span;
  /** The bytes are on disk already. */
  readonly isSynced: boolean;
}

/**
 * What a receiving task has: verified bytes, and where they came from. A checkpoint a second (on a slow disk up to half a minute) makes it durable: data → fsync → journal. What was
 * verified since the last one is known as written after a kill, and only that is read again; a power cut loses no more.
 */
export class Ledger {
  readonly meters: Readonly<Record<Source, Meter>>;
  readonly #journal: LedgerJournal;
  readonly #clock: Clock;
  readonly #files: LedgerFiles;
  readonly #known = new Map<string, LedgerFile>();
  readonly #owners = new Map<string, Method>();
  readonly #notices = new Notices();
  #waiting: Verified[] = [];
  #notes: Entry[] = [];
  /** Directories whose new names are synced. */
  readonly #named = new Set<string>();
  /** All writing to the journal is done in turn; a slow sync of data does not hold it up. */
  #writing: Promise<void> = Promise.resolve();
  #checkpoints: Promise<void> = Promise.resolve();
  #checkpointTimer: NodeJS.Timeout | undefined;
  #noteTimer: NodeJS.Timeout | undefined;
  #failure: unknown;
  #pauseMs = CHECKPOINT_MS;
  #countedBefore = '';

  private constructor(path: string, clock: Clock, files: LedgerFiles) {
    this.#clock = clock;
    this.#journal = new LedgerJournal(path);
    this.#files = files;
    this.meters = { bt: new Meter(clock), obs: new Meter(clock), cdn: new Meter(clock), local: new Meter(clock) };
  }

  /** Opens the ledger in `directory`; what it claims is believed only of files that are still there with all those bytes. */
  static async open(directory: string, clock: Clock, files: LedgerFiles): Promise<Ledger> {
    await makeDirectory(directory);
    const ledger = new Ledger(join(directory, 'ledger.jsonl'), clock, files);
    for (const entry of await ledger.#journal.read()) ledger.#replay(entry);
    await ledger.#dropMissing();
    await ledger.#rewrite();
    return ledger;
  }

  isFinished(file: string): boolean {
    return this.#known.get(file)?.isFinished ?? false;
  }

  isVerified({ file, ...range }: Extent): boolean {
    return this.#known.get(file)?.isVerified(spanOf(range)) ?? false;
  }

  /** True also for bytes that were written before a crash: worth hashing, and fetched if they are wrong. */
  isWritten({ file, ...range }: Extent): boolean {
    return this.#known.get(file)?.isWritten(spanOf(range)) ?? false;
  }

  /** Whether the file, or a part of it, came from there. */
  isFrom(file: string, source: Source): boolean {
    return this.#known.get(file)?.isFrom(source) ?? false;
  }

  /** Bytes that were verified and written to the staged file; the next checkpoint makes them durable. */
  verified(extent: Extent, source: Source): void {
    this.#enter(extent, source, false);
    this.written(extent);
  }

  /** Bytes that were verified and whose writer has synced them. */
  durable(extent: Extent, source: Source): void {
    this.#enter(extent, source, true);
  }

  /** Bytes that were verified and written, and will be `durable` when their writer has synced them. */
  written({ file, ...range }: Extent): void {
    this.#notes.push({ written: file, spans: [spanOf(range)] });
    this.#noteTimer ??= setTimeout(() => this.#note(), NOTE_MS);
  }

  /** The whole file was verified, or is empty and made. */
  finish(file: string, source: Source): void {
    this.verified({ file, offset: 0, length: this.#files.size(file) ?? 0 }, source);
  }

  /** Takes bytes back: they were found wrong and are to be fetched again. Durable when it resolves. */
  async revoke(extents: readonly Extent[]): Promise<void> {
    await this.flush();
    for (const { file, ...range } of extents) this.#known.get(file)?.revoke(spanOf(range));
    await this.#inTurn(() => this.#rewrite());
  }

  /** Makes all verified bytes durable. Throws what went wrong since the last call: a failed sync is never taken for a good one. */
  async flush(): Promise<void> {
    this.#note();
    this.#checkpoint();
    await this.#checkpoints;
    await this.#writing;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined)
      throw asBftError(failure, 'DISK_WRITE', `making the files of ${this.#journal.path} durable`);
  }

  /** Bytes of the file that are verified. */
  bytesOf(file: string): number {
    return this.#known.get(file)?.verifiedBytes ?? 0;
  }

  /** Bytes of the file that came from there. */
  bytesFrom(file: string, source: Source): number {
    return this.#known.get(file)?.bytes(source) ?? 0;
  }

  /** Verified bytes by where they came from. */
  bytes(source: Source): number {
    let bytes = 0;
    for (const file of this.#known.values()) bytes += file.bytes(source);
    return bytes;
  }

  /** What of these files is missing is that method's from now on. Durable when it resolves. */
  async handOver(files: readonly string[], owner: Method): Promise<void> {
    for (const file of files) this.#owners.set(file, owner);
    await this.#inTurn(() => this.#journal.append([{ owner, files }]));
    await this.flush();
  }

  /** The files that another method took over, and which. */
  get owners(): ReadonlyMap<string, Method> {
    return this.#owners;
  }

  /** Why a method does not move right now; undefined clears it. */
  notice(method: Method, error: BftError | undefined): void {
    this.#notices.set(method, error);
  }

  noticeOf(method: Method): BftError | undefined {
    return this.#notices.of(method);
  }

  get trouble(): BftError | undefined {
    return this.#notices.trouble;
  }

  #fileOf(name: string): LedgerFile | undefined {
    const size = this.#files.size(name);
    const known = this.#known.get(name);
    if (known || size === undefined) return known;
    const file = new LedgerFile(name, size);
    this.#known.set(name, file);
    return file;
  }

  #enter({ file, ...range }: Extent, source: Source, isSynced: boolean): void {
    this.#fileOf(file)?.verify(spanOf(range), source);
    if (source !== 'local') this.#notices.set(source, undefined);
    this.#waiting.push({ file, source, span: spanOf(range), isSynced });
    if (this.#waiting.length >= CHECKPOINT_ENTRIES) this.#checkpoint();
    else this.#checkpointTimer ??= setTimeout(() => this.#checkpoint(), this.#pauseMs);
  }

  #note(): void {
    clearTimeout(this.#noteTimer);
    this.#noteTimer = undefined;
    const notes = this.#notes;
    this.#notes = [];
    if (notes.length > 0) this.#inTurn(() => this.#journal.note(notes)).catch(this.#failed);
  }

  #checkpoint(): void {
    clearTimeout(this.#checkpointTimer);
    this.#checkpointTimer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#checkpoints = this.#checkpoints.then(() => this.#makeDurable(batch)).catch(this.#failed);
  }

  /** Nothing may be written to the journal while it is written anew. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(this.#failed);
    return done;
  }

  /** What fails is kept for `flush`. */
  readonly #failed = (error: unknown): void => {
    this.#failure ??= error;
  };

  async #makeDurable(batch: readonly Verified[]): Promise<void> {
    const counted = this.#countedEntries();
    if (batch.length === 0 && counted.length === 0) return;
    const byFile = Map.groupBy(batch, ({ file }) => file);
    try {
      const begin = this.#clock.monotonic();
      await this.#sync(batch);
      const took = this.#clock.monotonic() - begin;
      this.#pauseMs = Math.min(Math.max(took / SYNC_SHARE, CHECKPOINT_MS), LONGEST_CHECKPOINT_MS);
      const entries = [...byFile].flatMap(([file, verified]) => durableEntries(file, verified));
      await this.#inTurn(() => this.#journal.append([...entries, ...counted]));
    } catch (error) {
      // A later sync would succeed and prove nothing.
      for (const file of byFile.keys()) this.#known.get(file)?.forgetUnsynced();
      this.#waiting = this.#waiting.filter(({ file }) => !byFile.has(file));
      throw error;
    }
    for (const { file, span } of batch) this.#known.get(file)?.synced(span);
    if (this.#journal.size > REWRITE_BYTES) await this.#inTurn(() => this.#rewrite());
  }

  async #sync(batch: readonly Verified[]): Promise<void> {
    const unsynced = new Set(batch.filter(({ isSynced }) => !isSynced).map(({ file }) => this.#files.path(file)));
    for (const path of unsynced) await syncFile(path);
    for (const directory of new Set([...unsynced].filter(path => !this.#named.has(path)).map(path => dirname(path)))) {
      await syncDirectory(directory);
    }
    for (const path of unsynced) this.#named.add(path);
  }

  #replay(entry: Entry): void {
    if ('counted' in entry) {
      for (const source of SOURCES) {
        const counted = entry.counted[source];
        if (counted) this.meters[source].restore(counted);
      }
    } else if ('owner' in entry) {
      for (const file of entry.files) this.#owners.set(file, entry.owner);
    } else if ('written' in entry) {
      for (const span of entry.spans) this.#fileOf(entry.written)?.doubt(span);
    } else {
      const file = this.#fileOf(entry.durable);
      for (const span of entry.spans) {
        file?.verify(span, entry.source);
        file?.synced(span);
      }
    }
  }

  async #dropMissing(): Promise<void> {
    for (const [name, file] of this.#known) {
      const size = await stat(this.#files.path(name)).then(
        found => found.size,
        () => -1,
      );
      const isWhole = file.isFinished ? size === this.#files.size(name) : size >= file.end;
      if (!isWhole) this.#known.delete(name);
    }
  }

  async #rewrite(): Promise<void> {
    const entries = [...this.#known.values()].flatMap(file => [...file.entries()]);
    const owned = Map.groupBy(this.#owners.keys(), file => this.#owners.get(file) as Method);
    const owners = [...owned].map(([owner, files]) => ({ owner, files }));
    await this.#journal.rewrite([...entries, ...owners, ...this.#countedEntries(true)]);
  }

  #countedEntries(isWanted = false): Entry[] {
    const moving = SOURCES.filter(source => this.meters[source].received > 0);
    const counted = Object.fromEntries(moving.map(source => [source, this.meters[source].counted]));
    const text = JSON.stringify(counted);
    const isNew = text !== this.#countedBefore;
    this.#countedBefore = text;
    return moving.length > 0 && (isNew || isWanted) ? [{ counted }] : [];
  }
}

const spanOf = ({ offset, length }: Omit<Extent, 'file'>): Span => [offset, offset + length];

function durableEntries(file: string, verified: readonly Verified[]): Entry[] {
  return [...Map.groupBy(verified, ({ source }) => source)].map(([source, same]) => ({
    durable: file,
    source,
    spans: same.map(({ span }) => span),
  }));
}
