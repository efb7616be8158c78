import type { Meter } from '../../transfer/meter.ts';
import type { TorrentStats } from './protocol.ts';

/** Wrong bytes of a piece that several had sent, when it did not come out who lied. */
const UNKNOWN = '?';

/** Carries what the engine counts, which only grows, into the meter of a task. */
export class FetchAccounts {
  readonly #meter: Meter;
  #receivedFrom: Readonly<Record<string, number>>;
  #blamed: Readonly<Record<string, number>>;
  #unknown: number;

  /** `before`: what the engine has counted already, if it has the torrent: it is in the meter, or nobody's. */
  constructor(meter: Meter, before?: TorrentStats) {
    this.#meter = meter;
    this.#receivedFrom = before?.receivedFrom ?? {};
    this.#blamed = before?.blamed ?? {};
    this.#unknown = before ? unknownWaste(before) : 0;
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
    const unknown = unknownWaste(stats);
    if (unknown > this.#unknown) this.#meter.waste(UNKNOWN, unknown - this.#unknown);
    this.#unknown = unknown;
  }
}

function unknownWaste({ wasted, blamed }: TorrentStats): number {
  return Math.max(0, wasted - Object.values(blamed).reduce((sum, bytes) => sum + bytes, 0));
}

function growth(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(now)
    .map(([source, bytes]): [string, number] => [source, bytes - (before[source] ?? 0)])
    .filter(([, more]) => more > 0);
}
