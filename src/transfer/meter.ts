import type { Clock } from '../core/clock.ts';

const WINDOW_MS = 5000;
/** Peers come and go for weeks; those that brought least are forgotten first. */
const MAX_SOURCES = 256;

/** What one source (`host:port`) sent, in payload bytes. */
export interface SourceBytes {
  readonly bytes: number;
  /** Of them, refused because they were wrong. */
  readonly wasted: number;
}

/** A meter's counters as they are kept over restarts. */
export interface Counted {
  readonly received: number;
  readonly wasted: number;
  readonly sources: Readonly<Record<string, SourceBytes>>;
}

/** Counts bytes by source and says how fast they came over the last seconds. */
export class Meter {
  readonly #clock: Clock;
  readonly #sources = new Map<string, SourceBytes>();
  #recent: { at: number; bytes: number }[] = [];
  #received = 0;
  #wasted = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Payload bytes that came in, right or wrong. */
  add(source: string, bytes: number): void {
    this.#received += bytes;
    this.#count(source, bytes, 0);
    const at = this.#clock.monotonic();
    const last = this.#recent.at(-1);
    if (last && at - last.at < 100) last.bytes += bytes;
    else this.#recent.push({ at, bytes });
    if (this.#recent.length > WINDOW_MS / 50) this.#forget(at);
  }

  /** Bytes that came in from the source and were refused. */
  waste(source: string, bytes: number): void {
    this.#wasted += bytes;
    this.#count(source, 0, bytes);
  }

  /** All payload bytes, the refused ones included. */
  get received(): number {
    return this.#received;
  }

  get wasted(): number {
    return this.#wasted;
  }

  /** Bytes per second over the last five seconds. */
  get rate(): number {
    const now = this.#clock.monotonic();
    this.#forget(now);
    const [first] = this.#recent;
    if (!first) return 0;
    const bytes = this.#recent.reduce((sum, sample) => sum + sample.bytes, 0);
    return (bytes / Math.max(now - first.at, 1000)) * 1000;
  }

  get counted(): Counted {
    return { received: this.#received, wasted: this.#wasted, sources: Object.fromEntries(this.#sources) };
  }

  /** Goes on from what was counted before a restart. */
  restore({ received, wasted, sources }: Counted): void {
    this.#received = received;
    this.#wasted = wasted;
    this.#sources.clear();
    for (const [source, counted] of Object.entries(sources)) this.#sources.set(source, counted);
  }

  #count(source: string, bytes: number, wasted: number): void {
    const before = this.#sources.get(source);
    this.#sources.set(source, { bytes: (before?.bytes ?? 0) + bytes, wasted: (before?.wasted ?? 0) + wasted });
    if (before || this.#sources.size <= MAX_SOURCES) return;
    const others = [...this.#sources].filter(([name, counted]) => name !== source && counted.wasted === 0);
    const [least] = others.sort(([, a], [, b]) => a.bytes - b.bytes);
    if (least) this.#sources.delete(least[0]);
  }

  #forget(now: number): void {
    this.#recent = this.#recent.filter(({ at }) => now - at < WINDOW_MS);
  }
}
