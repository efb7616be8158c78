import type { Clock } from '../core/clock.ts';

const WINDOW_MS = 5000;

/** Counts bytes by source and says how fast they came over the last seconds. */
export class Meter {
  readonly #clock: Clock;
  readonly #sources = new Map<string, number>();
  #recent: { at: number; bytes: number }[] = [];
  #wasted = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Payload bytes that came in, right or wrong. */
  add(source: string, bytes: number): void {
    this.#sources.set(source, (this.#sources.get(source) ?? 0) + bytes);
    const at = this.#clock.monotonic();
    const last = this.#recent.at(-1);
    if (last && at - last.at < 100) last.bytes += bytes;
    else this.#recent.push({ at, bytes });
    if (this.#recent.length > WINDOW_MS / 50) this.#forget(at);
  }

  /** Bytes that came in and were refused. */
  waste(bytes: number): void {
    this.#wasted += bytes;
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

  /** Bytes by source (`host:port`). */
  get sources(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#sources);
  }

  #forget(now: number): void {
    this.#recent = this.#recent.filter(({ at }) => now - at < WINDOW_MS);
  }
}
