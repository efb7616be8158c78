import { Bitfield } from './bitfield.ts';
import type { EngineTorrent, Limits, TorrentStats } from './protocol.ts';

type Counters = Pick<TorrentStats, 'received' | 'sent' | 'receivedFrom' | 'wasted' | 'blamed'>;

/** What the daemon knows of one torrent in the engine: enough to give it to the next engine process when one dies. */
export class TorrentRecord {
  /** Settles with the first answer of an engine. */
  readonly added = Promise.withResolvers<void>();
  /** Wall clock, ms. */
  readonly startedAt: number;
  readonly #torrent: EngineTorrent;
  #have: Bitfield | undefined;
  /** Pieces that are written and not durable. */
  readonly #written = new Set<number>();
  #limits: Limits;
  /** What dead engine processes had counted. */
  #before: Counters = { received: 0, sent: 0, receivedFrom: {}, wasted: 0, blamed: {} };
  #live: TorrentStats;
  #isBusy = false;

  constructor(torrent: EngineTorrent, startedAt: number) {
    this.#torrent = torrent;
    this.startedAt = startedAt;
    this.#limits = torrent.limits ?? { download: null, upload: null };
    this.#live = idle(torrent.infoHash);
  }

  get infoHash(): string {
    return this.#torrent.infoHash;
  }

  /** Name of the task that it belongs to, '' if none. */
  get task(): string {
    return this.#torrent.task ?? '';
  }

  /** True when an engine has had it. */
  get isAdded(): boolean {
    return this.#have !== undefined;
  }

  get isComplete(): boolean {
    return this.#have?.isFull ?? this.#torrent.have === 'all';
  }

  /** Which a new engine process is given first: what is being fetched, then what was being served, then the rest. */
  get urgency(): number {
    if (!this.isComplete) return 2;
    return this.#isBusy ? 1 : 0;
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** False when they are what they were. */
  setLimits({ download, upload }: Limits): boolean {
    const isSame = download === this.#limits.download && upload === this.#limits.upload;
    this.#limits = { download, upload };
    return !isSame;
  }

  /** Durable pieces. */
  get have(): Uint8Array | undefined {
    return this.#have?.bytes;
  }

  /** The torrent as the next engine process is to be given it. */
  get forEngine(): EngineTorrent {
    const torrent = { ...this.#torrent, limits: this.#limits };
    if (!this.#have) return torrent;
    const unconfirmed = new Bitfield(this.#have.length);
    for (const piece of this.#written) unconfirmed.set(piece);
    return { ...torrent, have: this.#have.toBase64(), unconfirmed: unconfirmed.toBase64() };
  }

  /** True when the engine would do the same for both. */
  isSame({ torrentPath, files, unwanted }: EngineTorrent): boolean {
    const mine = this.#torrent;
    return (
      mine.torrentPath === torrentPath &&
      mine.unwanted === unwanted &&
      mine.files.length === files.length &&
      mine.files.every((f, i) => f === files[i])
    );
  }

  /** The engine has it. */
  onAdded(pieces: number): void {
    if (!this.#have) {
      const { have, unconfirmed } = this.#torrent;
      this.#have = Bitfield.parse(have, pieces);
      if (unconfirmed !== undefined) this.onWritten([...Bitfield.parse(unconfirmed, pieces).indexes()]);
    }
    this.added.resolve();
  }

  onWritten(pieces: readonly number[]): void {
    for (const piece of pieces) this.#written.add(piece);
  }

  onDurable(pieces: readonly number[]): void {
    for (const piece of pieces) {
      this.#have?.set(piece);
      this.#written.delete(piece);
    }
  }

  /** Gives the bytes that were sent since the last ones. */
  onStats(stats: TorrentStats): number {
    const sent = stats.sent - this.#live.sent;
    this.#live = stats;
    this.#isBusy = stats.upRate > 0 || stats.connected.leechers > 0;
    return sent;
  }

  /** The engine process died: its counters will start at 0 again, ours must not. */
  onEngineGone(): void {
    const { received, sent, receivedFrom, wasted, blamed, name, length, pieces, verified, trackerError } = this.stats;
    this.#before = { received, sent, receivedFrom, wasted, blamed };
    const available = this.#have?.count ?? 0;
    this.#live = { ...idle(this.infoHash), name, length, pieces, available, verified, trackerError };
  }

  get stats(): TorrentStats {
    const live = this.#live;
    return {
      ...live,
      received: this.#before.received + live.received,
      sent: this.#before.sent + live.sent,
      receivedFrom: sum(this.#before.receivedFrom, live.receivedFrom),
      wasted: this.#before.wasted + live.wasted,
      blamed: sum(this.#before.blamed, live.blamed),
    };
  }
}

function idle(infoHash: string): TorrentStats {
  return {
    infoHash,
    name: '',
    length: 0,
    pieces: 0,
    available: 0,
    flying: '',
    rare: '',
    connected: { seeds: 0, leechers: 0 },
    connecting: 0,
    known: null,
    received: 0,
    sent: 0,
    receivedFrom: {},
    downRate: 0,
    upRate: 0,
    wasted: 0,
    blamed: {},
    verified: 0,
    peers: [],
    trackerError: '',
  };
}

function sum(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const total = { ...a };
  for (const [source, bytes] of Object.entries(b)) total[source] = (total[source] ?? 0) + bytes;
  return total;
}
