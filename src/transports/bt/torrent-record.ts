import { Bitfield } from './bitfield.ts';
import type { EngineTorrent, TorrentStats } from './protocol.ts';

/** What the daemon knows of one torrent in the engine: enough to give it to the next engine process when one dies. */
export class TorrentRecord {
  /** Settles with the first answer of an engine. */
  readonly added = Promise.withResolvers<void>();
  /** Wall clock, ms. */
  readonly startedAt: number;
  readonly #torrent: EngineTorrent;
  #have: Bitfield | undefined;
  /** What dead engine processes had counted. */
  #before = { received: 0, sent: 0, wasted: 0 };
  #live: TorrentStats;

  constructor(torrent: EngineTorrent, startedAt: number) {
    this.#torrent = torrent;
    this.startedAt = startedAt;
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

  /** Durable pieces. */
  get have(): Uint8Array | undefined {
    return this.#have?.bytes;
  }

  /** The torrent as the next engine process is to be given it. */
  get forEngine(): EngineTorrent {
    return { ...this.#torrent, have: this.#have?.toBase64() ?? this.#torrent.have };
  }

  hasSameFiles({ torrentPath, files }: EngineTorrent): boolean {
    const mine = this.#torrent;
    return (
      mine.torrentPath === torrentPath &&
      mine.files.length === files.length &&
      mine.files.every((f, i) => f === files[i])
    );
  }

  /** The engine has it. */
  onAdded(pieces: number): void {
    this.#have ??= Bitfield.parse(this.#torrent.have, pieces);
    this.added.resolve();
  }

  onDurable(pieces: readonly number[]): void {
    for (const piece of pieces) this.#have?.set(piece);
  }

  onStats(stats: TorrentStats): void {
    this.#live = stats;
  }

  /** The engine process died: its counters will start at 0 again, ours must not. */
  onEngineGone(): void {
    const { received, sent, wasted, name, length, pieces, verified, trackerError } = this.stats;
    this.#before = { received, sent, wasted };
    const available = this.#have?.count ?? 0;
    this.#live = { ...idle(this.infoHash), name, length, pieces, available, verified, trackerError };
  }

  get stats(): TorrentStats {
    const live = this.#live;
    return {
      ...live,
      received: this.#before.received + live.received,
      sent: this.#before.sent + live.sent,
      wasted: this.#before.wasted + live.wasted,
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
    connected: { seeds: 0, leechers: 0 },
    connecting: 0,
    known: null,
    received: 0,
    sent: 0,
    downRate: 0,
    upRate: 0,
    wasted: 0,
    verified: 0,
    peers: [],
    trackerError: '',
  };
}
