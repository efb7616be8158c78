import type { Source } from '../core/method.ts';
import type { Entry, Span } from './ledger-journal.ts';
import { Ranges } from './ranges.ts';

/** What the ledger knows of one file. */
export class LedgerFile {
  readonly #name: string;
  readonly #size: number;
  /** Verified and written. */
  #verified = new Ranges();
  /** Of them, those that will survive a power cut. */
  readonly #durable = new Ranges();
  /** Of them, who brought what. */
  readonly #sources = new Map<Source, Ranges>();
  /** Written before a crash and perhaps on disk: to be hashed, not believed. */
  #doubtful = new Ranges();
  /** An empty file is there when somebody says so. */
  #isMade = false;
  #epoch = 0;

  constructor(name: string, size: number) {
    this.#name = name;
    this.#size = size;
  }

  /** Grows when what was not synced is forgotten: what was entered before it must not become durable any more. */
  get epoch(): number {
    return this.#epoch;
  }

  get isFinished(): boolean {
    return this.#size === 0 ? this.#isMade : this.#verified.bytes === this.#size;
  }

  get verifiedBytes(): number {
    return this.#verified.bytes;
  }

  /** Where the last byte that is claimed ends. */
  get end(): number {
    return Math.max(this.#verified.end, this.#doubtful.end);
  }

  isVerified([start, end]: Span): boolean {
    return this.#size === 0 ? this.#isMade : this.#verified.covers(start, end);
  }

  /** Verified, or at least written before a crash. */
  isWritten(span: Span): boolean {
    if (this.isVerified(span)) return true;
    const known = this.#verified.overlap(...span) + this.#doubtful.overlap(...span);
    return known === span[1] - span[0] && known > 0;
  }

  isFrom(source: Source): boolean {
    return this.#sources.has(source);
  }

  bytes(source: Source): number {
    return this.#sources.get(source)?.bytes ?? 0;
  }

  /** The source that brought a byte last is its source. */
  verify([start, end]: Span, source: Source): void {
    this.#verified.add(start, end);
    this.#doubtful.remove(start, end);
    for (const [other, ranges] of this.#sources) if (other !== source) ranges.remove(start, end);
    const own = this.#sources.get(source) ?? new Ranges();
    this.#sources.set(source, own);
    own.add(start, end);
    this.#isMade = true;
  }

  doubt([start, end]: Span): void {
    if (!this.#verified.covers(start, end)) this.#doubtful.add(start, end);
  }

  synced([start, end]: Span): void {
    this.#durable.add(start, end);
  }

  /** A sync failed: only what was durable before counts. A later sync would succeed and prove nothing. */
  forgetUnsynced(): void {
    this.#epoch += 1;
    this.#doubtful = new Ranges();
    this.#verified = new Ranges(this.#durable);
    for (const ranges of this.#sources.values()) ranges.keepOnly(this.#durable);
    this.#isMade = false;
  }

  /** Takes bytes back: they were found wrong. */
  revoke([start, end]: Span): void {
    for (const ranges of [this.#verified, this.#durable, ...this.#sources.values()]) ranges.remove(start, end);
    this.#isMade = false;
  }

  /** All of it, for a journal that is written anew. */
  *entries(): Generator<Entry> {
    const unsure = new Ranges(this.#verified);
    for (const [start, end] of this.#durable) unsure.remove(start, end);
    for (const [start, end] of this.#doubtful) unsure.add(start, end);
    if (unsure.bytes > 0) yield { written: this.#name, spans: [...unsure] };
    for (const [source, ranges] of this.#sources) {
      const durable = new Ranges(ranges);
      durable.keepOnly(this.#durable);
      const spans = [...durable];
      if (spans.length > 0) yield { durable: this.#name, source, spans };
      else if (this.#size === 0 && this.#isMade) yield { durable: this.#name, source, spans: [[0, 0]] };
    }
  }
}
