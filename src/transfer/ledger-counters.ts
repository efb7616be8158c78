import type { Clock } from '../core/clock.ts';
import { type Source, SOURCES } from '../core/method.ts';
import type { Entry } from './ledger-journal.ts';
import { type Counted, Meter } from './meter.ts';

/** What each source moved, over restarts. */
export class LedgerCounters {
  readonly meters: Readonly<Record<Source, Meter>>;
  #before = '';

  constructor(clock: Clock) {
    this.meters = { bt: new Meter(clock), obs: new Meter(clock), cdn: new Meter(clock), local: new Meter(clock) };
  }

  restore(counted: Readonly<Partial<Record<Source, Counted>>>): void {
    for (const source of SOURCES) {
      const own = counted[source];
      if (own) this.meters[source].restore(own);
    }
  }

  /** For the journal; nothing when nothing moved since they were last given. */
  fresh(): Entry[] {
    const before = this.#before;
    const entries = this.all();
    return this.#before === before ? [] : entries;
  }

  all(): Entry[] {
    const moving = SOURCES.filter(source => this.meters[source].received > 0);
    const counted = Object.fromEntries(moving.map(source => [source, this.meters[source].counted]));
    this.#before = JSON.stringify(counted);
    return moving.length > 0 ? [{ counted }] : [];
  }
}
