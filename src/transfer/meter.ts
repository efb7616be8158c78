import type { Clock } from '../core/clock.ts';

const WINDOW_MS = 5000;
/** Peers come and go for weeks. */
const MAX_SOURCES = 256;
/** Stands for those that are no longer told apart. */
const OTHERS = 'others';

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

/** Is told what a meter counts. */
export interface MeterListener {
  received(bytes: number): void;
  /** Wrong bytes, once they are found to be. */
  refused(): void;
}

/** Counts bytes by source and says how fast they came over the last seconds. */
export class Meter {
  readonly #clock: Clock;
  readonly #sources = new Map<string, SourceBytes>();
  #recent: { at: number; bytes: number }[] = [];
  #received = 0;
  #wasted = 0;
  #listener: MeterListener | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on; what is restored is not told. */
  tell(listener: MeterListener): void {
    this.#listener = listener;
  }

  /** Payload bytes that came in, right or wrong. */
  add(source: string, bytes: number): void {
    this.#received += bytes;
    this.#listener?.received(bytes);
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
    this.#listener?.refused();
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
    for (const [source, { bytes, wasted }] of Object.entries(sources)) this.#count(source, bytes, wasted);
  }

  #count(source: string, bytes: number, wasted: number): void {
    this.#enter(source, bytes, wasted);
    if (this.#sources.size <= MAX_SOURCES) return;
    const [name, least] = this.#least(source);
    this.#sources.delete(name);
    this.#enter(OTHERS, least.bytes, least.wasted);
    // The first time that one takes a place, too.
    if (this.#sources.size > MAX_SOURCES) this.#count(OTHERS, 0, 0);
  }

  #enter(source: string, bytes: number, wasted: number): void {
    const before = this.#sources.get(source);
    this.#sources.set(source, { bytes: (before?.bytes ?? 0) + bytes, wasted: (before?.wasted ?? 0) + wasted });
  }

  /** Whose loss says least: those that sent nothing wrong come first. The newest had no time to send anything. */
  #least(newest: string): [name: string, SourceBytes] {
    const others = [...this.#sources].filter(([name]) => name !== newest && name !== OTHERS);
    return others.reduce((a, b) => (isLess(b[1], a[1]) ? b : a));
  }

  #forget(now: number): void {
    this.#recent = this.#recent.filter(({ at }) => now - at < WINDOW_MS);
  }
}

const isLess = (a: SourceBytes, b: SourceBytes) => (a.wasted === b.wasted ? a.bytes < b.bytes : a.wasted < b.wasted);
