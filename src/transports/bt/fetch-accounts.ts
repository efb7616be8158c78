import type { Meter } from '../../transfer/meter.ts';
import type { TorrentStats } from './protocol.ts';

/** Wrong bytes of a piece that several had sent, when it did not come out who lied. */
const UNKNOWN = '?';

/** Carries what the engine counts, which only grows, into the meter of a task. */
export class FetchAccounts {
  readonly #meter: Meter;
  #receivedFrom: Readonly<Record<string, number>> = {};
  #blamed: Readonly<Record<string, number>> = {};

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  look({ receivedFrom, blamed }: TorrentStats): void {
    for (const [source, bytes] of growth(this.#receivedFrom, receivedFrom)) this.#meter.add(source, bytes);
    for (const [source, bytes] of growth(this.#blamed, blamed)) this.#meter.waste(source, bytes);
    this.#receivedFrom = receivedFrom;
    this.#blamed = blamed;
  }

  /** The last look. */
  close(stats: TorrentStats): void {
    this.look(stats);
    const blamed = Object.values(stats.blamed).reduce((sum, bytes) => sum + bytes, 0);
    if (stats.wasted > blamed) this.#meter.waste(UNKNOWN, stats.wasted - blamed);
  }
}

function growth(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(now)
    .map(([source, bytes]): [string, number] => [source, bytes - (before[source] ?? 0)])
    .filter(([, more]) => more > 0);
}
