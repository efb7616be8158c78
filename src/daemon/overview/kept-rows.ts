import type { Card } from '../task-cards.ts';
import type { AgedRow } from './row.ts';

/** What is said of a task that only waits in the queue is said again for so long: its forecast hardly moves, ms. */
const KEPT_MS = 5000;
/** So that they do not all become stale at once, ms. */
const SPREAD_MS = 5000;

interface Queued {
  readonly card: Card;
  readonly place: number | undefined;
}

interface Kept extends Queued {
  readonly at: number;
  readonly row: AgedRow;
}

/** The rows of queued tasks: there may be ten thousand, and all are asked for once a second. */
export class KeptRows {
  #kept: ReadonlyMap<string, Kept> = new Map();
  #next = new Map<string, Kept>();

  /** Undefined: it is to be made anew. `now` is ms since the epoch. */
  get(name: string, { card, place }: Queued, now: number): AgedRow | undefined {
    const kept = this.#kept.get(name);
    if (kept?.card !== card || kept.place !== place) return undefined;
    const ageMs = Math.abs(now - kept.at);
    if (ageMs >= KEPT_MS + (((place ?? 0) * 37) % SPREAD_MS)) return undefined;
    this.#next.set(name, kept);
    return kept.row;
  }

  put(name: string, { card, place }: Queued, now: number, row: AgedRow): void {
    this.#next.set(name, { card, place, at: now, row });
  }

  /** What was neither got nor put since the last turn is forgotten. */
  turn(): void {
    this.#kept = this.#next;
    this.#next = new Map();
  }
}
