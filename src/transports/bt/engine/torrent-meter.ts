import type { Torrent, Wire } from 'webtorrent';
import type { PeerStats, TorrentStats } from '../protocol.ts';

type Measured = Omit<TorrentStats, 'infoHash' | 'wasted'>;

/** Counts what one torrent moves. Payload only: webtorrent's own counters include the protocol. */
export class TorrentMeter {
  readonly #torrent: Torrent;
  #received = 0;
  #sent = 0;
  #verified: number;
  #trackerError = '';

  constructor(torrent: Torrent, verified: number, lengthOf: (piece: number) => number) {
    this.#torrent = torrent;
    this.#verified = verified;
    torrent.on('verified', index => {
      this.#verified += lengthOf(index);
    });
    torrent.on('wire', wire => {
      wire.on('download', bytes => {
        this.#received += bytes;
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
    this.#torrent.discovery?.on('trackerAnnounce', () => {
      this.#trackerError = '';
    });
  }

  read(): Measured {
    const peers = this.#torrent.wires.map(readWire);
    return {
      received: this.#received,
      sent: this.#sent,
      downRate: peers.reduce((sum, peer) => sum + peer.downRate, 0),
      upRate: peers.reduce((sum, peer) => sum + peer.upRate, 0),
      verified: this.#verified,
      peers,
      trackerError: this.#trackerError,
    };
  }
}

/** `host:port` of a peer as connected. */
export function addressOf({ remoteAddress = '', remotePort = 0 }: Wire): string {
  // Node names an IPv4 peer of a dual-stack socket by its mapped IPv6 address.
  const host = remoteAddress.replace(/^::ffff:/, '');
  return `${host.includes(':') ? `[${host}]` : host}:${remotePort}`;
}

function readWire(wire: Wire): PeerStats {
  const { p: listenPort } = wire.peerExtendedHandshake;
  return {
    address: addressOf(wire),
    listenPort: typeof listenPort === 'number' ? listenPort : null,
    downloaded: wire.downloaded,
    uploaded: wire.uploaded,
    downRate: wire.downloadSpeed(),
    upRate: wire.uploadSpeed(),
  };
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function explain(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
