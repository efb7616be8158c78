import { formatRate } from '../core/units.ts';

interface BothWays {
  readonly down: number;
  readonly up: number;
}

/** A torrent in the BitTorrent engine, being fetched or served. */
export interface TorrentView {
  /** Name of its task file; the torrent's own name when it has none. */
  readonly name: string;
  /** 40 lower-case hex digits. */
  readonly infoHash: string;
  /** Wall clock, ms. */
  readonly startedAt: number;
  readonly connected: { readonly seeds: number; readonly leechers: number };
  /** Of the whole swarm, as the tracker counts; null when it has not said. */
  readonly known: { readonly seeds: number; readonly leechers: number } | null;
  /** Peers that are known and not connected. */
  readonly connecting: number;
  readonly bytes: number;
  readonly size: number;
  readonly pieces: number;
  /** Pieces that are here or at a connected peer. */
  readonly available: number;
  /** Bytes per second. */
  readonly rates: BothWays;
  /** Payload bytes since the daemon took it up. */
  readonly moved: BothWays;
  /** Bytes per second of this torrent right now; null is no limit. */
  readonly limits: { readonly down: number | null; readonly up: number | null };
  /** The busiest of the connected ones. */
  readonly peers: readonly PeerView[];
  /** The tracker's last complaint, '' when it answered. */
  readonly trackerError: string;
  /** Pieces on their way, and missing ones that one connected peer has and no other: base64, first piece in the highest bit; '' or absent: none. */
  readonly flying?: string;
  readonly rare?: string;
}

interface PeerView {
  /** `host:port` as connected. */
  readonly address: string;
  /** What it is called in the accounts: where it listens, if it said so, else as connected. */
  readonly source?: string;
  readonly rates: BothWays;
  readonly moved: BothWays;
  readonly pieces: number;
}

/** `GET /api/v1/torrents`: what the page of the original's BitTorrent control server shows (T-004, T-008). */
export function torrentsPage(torrents: readonly TorrentView[]): { torrents: unknown[] } {
  return { torrents: torrents.map(row) };
}

function row(torrent: TorrentView): Record<string, unknown> {
  const { connected, known, rates, moved, pieces, limits } = torrent;
  const isComplete = torrent.bytes === torrent.size;
  return {
    name: torrent.name,
    infohash: torrent.infoHash,
    started: new Date(torrent.startedAt).toISOString(),
    seeds: { connected: connected.seeds, total: known?.seeds ?? null },
    leechers: { connected: connected.leechers, total: known?.leechers ?? null },
    connecting: torrent.connecting,
    size: torrent.size,
    percent: percent(torrent.bytes, torrent.size),
    // Of what is complete everything is available (T-004).
    available: isComplete ? 100 : percent(torrent.available, pieces),
    ...moving(rates, moved),
    downlimit: limits.down,
    uplimit: limits.up,
    trackererror: torrent.trackerError,
    peers: torrent.peers.map(peer => ({
      address: peer.address,
      percent: percent(peer.pieces, pieces),
      ...moving(peer.rates, peer.moved),
    })),
  };
}

function moving(rates: BothWays, moved: BothWays): Record<string, unknown> {
  return {
    downrate: rates.down,
    downspeed: formatRate(rates.down),
    uprate: rates.up,
    upspeed: formatRate(rates.up),
    downloaded: moved.down,
    uploaded: moved.up,
  };
}

/** Truncated (T-005): 100 is said of what is whole only. */
const percent = (part: number, whole: number): number => (whole === 0 ? 100 : Math.floor((part * 100) / whole));
