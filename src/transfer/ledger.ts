import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { asBftError, type BftError } from '../core/errors.ts';
import { type Method, type Source, SOURCES } from '../core/method.ts';
import { makeDirectory } from '../disk/durable.ts';
import type { Extent } from '../torrent/manifest.ts';
import { CheckpointPace } from './checkpoint-pace.ts';
import { LedgerCounters } from './ledger-counters.ts';
import { LedgerContent, type LedgerFiles } from './ledger-content.ts';
import { type Entry, LedgerJournal, type Span } from './ledger-journal.ts';
import type { Meter } from './meter.ts';
import { Notices } from './notices.ts';
import { StagedData } from './staged-data.ts';

const NOTE_MS = 20;
const REWRITE_BYTES = 32 * 1024 * 1024;

interface Verified {
  readonly file: string;
  readonly epoch: number;
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
  readonly #journal: LedgerJournal;
  readonly #clock: Clock;
  readonly #files: LedgerFiles;
  readonly #content: LedgerContent;
  readonly #owners = new Map<string, Method>();
  readonly #notices = new Notices();
  #waiting: Verified[] = [];
  #notes: Entry[] = [];
  readonly #disk = new StagedData();
  readonly #counters: LedgerCounters;
  /** All writing to the journal is done in turn; a slow sync of data does not hold it up. */
  #writing: Promise<void> = Promise.resolve();
  #checkpoints: Promise<void> = Promise.resolve();
  #checkpointTimer: NodeJS.Timeout | undefined;
  #noteTimer: NodeJS.Timeout | undefined;
  #broken = new AbortController();
  #isClosed = false;
  readonly #pace: CheckpointPace;

  private constructor(path: string, clock: Clock, files: LedgerFiles) {
    this.#clock = clock;
    this.#pace = new CheckpointPace(clock);
    this.#journal = new LedgerJournal(path);
    this.#files = files;
    this.#content = new LedgerContent(files);
    this.#counters = new LedgerCounters(clock);
  }

  /** Opens the ledger in `directory`; what it claims is believed only of files that are still there with all those bytes. */
  static async open(directory: string, clock: Clock, files: LedgerFiles): Promise<Ledger> {
    await makeDirectory(directory);
    const ledger = new Ledger(join(directory, 'ledger.jsonl'), clock, files);
    for (const entry of await ledger.#journal.read()) ledger.#replay(entry);
    await ledger.#content.dropMissing();
    await ledger.#rewrite();
    return ledger;
  }

  get meters(): Readonly<Record<Source, Meter>> {
    return this.#counters.meters;
  }

  isFinished(file: string): boolean {
    return this.#content.get(file)?.isFinished ?? false;
  }

  isVerified({ file, ...range }: Extent): boolean {
    return this.#content.get(file)?.isVerified(spanOf(range)) ?? false;
  }

  /** True also for bytes that were written before a crash: worth hashing, and fetched if they are wrong. */
  isWritten({ file, ...range }: Extent): boolean {
    return this.#content.get(file)?.isWritten(spanOf(range)) ?? false;
  }

  /** Whether the file, or a part of it, came from there. */
  isFrom(file: string, source: Source): boolean {
    return this.#content.get(file)?.isFrom(source) ?? false;
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
    if (this.#isClosed) return;
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
    for (const { file, ...range } of extents) this.#content.change(file, known => known.revoke(spanOf(range)));
    await this.#inTurn(() => this.#rewrite());
  }

  /** Aborts, with what went wrong, when bytes could not be made durable: they are taken back, and whoever brought them is to begin anew. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Makes all verified bytes durable. Throws what goes wrong meanwhile: a failed sync is never taken for a good one. */
  async flush(): Promise<void> {
    const { broken } = this;
    this.#note();
    this.#checkpoint();
    await this.#checkpoints;
    await this.#writing;
    broken.throwIfAborted();
  }

  /** Notes what was written, and no more: somebody wants to end now. What is not durable is hashed after a restart. Never throws. */
  async settle(): Promise<void> {
    this.#note();
    await this.#writing;
  }

  /** The journal may be another ledger's from now on: nothing is written to it any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#checkpointTimer);
    clearTimeout(this.#noteTimer);
    [this.#waiting, this.#notes] = [[], []];
    await this.#checkpoints;
    await this.#writing;
  }

  /** Bytes of the file that are verified. */
  bytesOf(file: string): number {
    return this.#content.get(file)?.verifiedBytes ?? 0;
  }

  /** Bytes of the file that came from there. */
  bytesFrom(file: string, source: Source): number {
    return this.#content.get(file)?.bytes(source) ?? 0;
  }

  /** Verified bytes by where they came from. */
  bytes(source: Source): number {
    return this.#content.bytes(source);
  }

  /** Files of which a part was here already: being copied, or given to a method because the rest could not be had. */
  get partlyLocal(): ReadonlySet<string> {
    return this.#content.partlyLocal;
  }

  /** Of all sources. */
  get verifiedBytes(): number {
    return SOURCES.reduce((sum, source) => sum + this.bytes(source), 0);
  }

  /** What of these files is missing is that method's from now on. Durable when it resolves. */
  async handOver(files: readonly string[], owner: Method): Promise<void> {
    for (const file of files) this.#owners.set(file, owner);
    await this.#inTurn(() => this.#journal.append([{ owner, files }]));
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

  #enter({ file, ...range }: Extent, source: Source, isSynced: boolean): void {
    if (this.#isClosed) return;
    this.#content.change(file, known => known.verify(spanOf(range), source));
    const epoch = this.#content.get(file)?.epoch ?? 0;
    if (source !== 'local') this.#notices.set(source, undefined);
    this.#waiting.push({ file, epoch, source, span: spanOf(range), isSynced });
    if (this.#pace.isDue(this.#waiting.length, isSynced ? 0 : range.length)) this.#checkpoint();
    else this.#checkpointTimer ??= setTimeout(() => this.#checkpoint(), this.#pace.pauseMs);
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
    this.#pace.begin();
    const made = this.#checkpoints.then(() => this.#makeDurable(batch)).catch(this.#failed);
    this.#checkpoints = made.then(() => this.#pace.end());
  }

  /** Nothing may be written to the journal while it is written anew. Who asked is told what fails. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => {});
    return done;
  }

  readonly #failed = (error: unknown): void => {
    const broken = this.#broken;
    this.#broken = new AbortController();
    broken.abort(asBftError(error, 'DISK_WRITE', `making the files of ${this.#journal.path} durable`));
  };

  async #makeDurable(all: readonly Verified[]): Promise<void> {
    const batch = all.filter(({ file, epoch }) => this.#content.get(file)?.epoch === epoch);
    const counted = this.#counters.fresh();
    if (this.#isClosed || (batch.length === 0 && counted.length === 0)) return;
    const byFile = Map.groupBy(batch, ({ file }) => file);
    try {
      const begin = this.#clock.monotonic();
      await this.#disk.sync(batch.filter(({ isSynced }) => !isSynced).map(({ file }) => this.#files.path(file)));
      this.#pace.synced(begin);
      const entries = [...byFile].flatMap(([file, verified]) => durableEntries(file, verified));
      await this.#inTurn(() => this.#journal.append([...entries, ...counted]));
    } catch (error) {
      for (const file of byFile.keys()) this.#content.change(file, known => known.forgetUnsynced());
      // The notes of what was written must not outlive it either.
      await this.#inTurn(() => this.#rewrite()).catch(() => {});
      throw error;
    }
    for (const { file, span } of batch) this.#content.get(file)?.synced(span);
    if (this.#journal.size > REWRITE_BYTES) await this.#inTurn(() => this.#rewrite());
  }

  #replay(entry: Entry): void {
    if ('counted' in entry) {
      this.#counters.restore(entry.counted);
    } else if ('owner' in entry) {
      for (const file of entry.files) this.#owners.set(file, entry.owner);
    } else if ('written' in entry) {
      for (const span of entry.spans) this.#content.change(entry.written, file => file.doubt(span));
    } else {
      for (const span of entry.spans) {
        this.#content.change(entry.durable, file => file.verify(span, entry.source));
        this.#content.get(entry.durable)?.synced(span);
      }
    }
  }

  async #rewrite(): Promise<void> {
    const owned = Map.groupBy(this.#owners.keys(), file => this.#owners.get(file) as Method);
    const owners = [...owned].map(([owner, files]) => ({ owner, files }));
    await this.#journal.rewrite([...this.#content.entries(), ...owners, ...this.#counters.all()]);
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
