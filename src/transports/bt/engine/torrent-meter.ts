import type { Torrent, Wire } from 'webtorrent';
import { MAX_PEERS_LISTED, type PeerStats, type SwarmCount, type TorrentStats } from '../protocol.ts';
import { Account } from './account.ts';
import { missingPieces } from './missing-pieces.ts';
import { addressOf, listenPortOf, sourceOf } from './peer-address.ts';
import { piecesOf } from './pieces-of.ts';

type Measured = Omit<TorrentStats, 'infoHash' | 'name' | 'length' | 'wasted' | 'blamed'>;

/** Counts what one torrent moves. Payload only: webtorrent's own counters include the protocol. */
export class TorrentMeter {
  readonly #torrent: Torrent;
  readonly #from = new Account();
  #received = 0;
  #sent = 0;
  #verified: number;
  #trackerError = '';
  #known: SwarmCount | null = null;

  constructor(torrent: Torrent, verified: number, lengthOf: (piece: number) => number) {
    this.#torrent = torrent;
    this.#verified = verified;
    torrent.on('verified', index => {
      this.#verified += lengthOf(index);
    });
    torrent.on('wire', wire => {
      wire.on('download', bytes => {
        this.#received += bytes;
        this.#from.add(sourceOf(wire), bytes);
      });
      wire.on('upload', bytes => {
        this.#sent += bytes;
      });
    });
  }

  /** To be called once the torrent is ready: it has no tracker before. */
  watchTracker(): void {
    this.#torrent.discovery?.on('warning', error => {
      this.#trackerError = explain(error);
    });
    this.#torrent.discovery?.tracker?.on('update', answer => {
      this.#known = swarmCount(answer) ?? this.#known;
    });
    this.#torrent.discovery?.on('trackerAnnounce', () => {
      this.#trackerError = '';
    });
  }

  get received(): number {
    return this.#received;
  }

  read(): Measured {
    const { wires, pieces, bitfield, destroyed, _peers } = this.#torrent;
    const here = piecesOf(bitfield, pieces.length);
    const peers = wires.map(wire => ({ wire, has: piecesOf(wire.peerPieces, pieces.length) }));
    // Two that dialled each other have two connections.
    const distinct = [...new Map(peers.map(({ wire, has }) => [wire.peerId, has])).values()];
    const missing = missingPieces(here, wires, distinct);
    for (const has of distinct) here.add(has);
    const seeds = distinct.filter(has => has.isFull).length;
    const stats = peers.map(({ wire, has }) => readWire(wire, has.count));
    return {
      received: this.#received,
      sent: this.#sent,
      receivedFrom: this.#from.sources,
      downRate: stats.reduce((sum, peer) => sum + peer.downRate, 0),
      upRate: stats.reduce((sum, peer) => sum + peer.upRate, 0),
      verified: this.#verified,
      pieces: pieces.length,
      available: here.count,
      ...missing,
      connected: { seeds, leechers: distinct.length - seeds },
      connecting: destroyed ? 0 : Math.max(0, _peers.size - peers.length),
      known: this.#known,
      peers: stats.sort((a, b) => busyness(b) - busyness(a)).slice(0, MAX_PEERS_LISTED),
      trackerError: this.#trackerError,
    };
  }
}

function readWire(wire: Wire, pieces: number): PeerStats {
  return {
    address: addressOf(wire),
    listenPort: listenPortOf(wire),
    downloaded: wire.downloaded,
    uploaded: wire.uploaded,
    downRate: wire.downloadSpeed(),
    upRate: wire.uploadSpeed(),
    pieces,
  };
}

const busyness = ({ downRate, upRate }: PeerStats) => downRate + upRate;

/** What the tracker counts, if it counts. */
function swarmCount({ complete, incomplete }: { complete?: unknown; incomplete?: unknown }): SwarmCount | null {
  const isCounted = [complete, incomplete].every(count => Number.isSafeInteger(count) && (count as number) >= 0);
  return isCounted ? { seeds: complete as number, leechers: incomplete as number } : null;
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function explain(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
