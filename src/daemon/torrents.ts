import type { TorrentView } from '../api/torrents.ts';
import type { BtEngine } from '../transports/bt/engine.ts';
import type { PeerStats } from '../transports/bt/protocol.ts';

/** What the engine has, as the API shows it. */
export function torrentViews(engine: BtEngine): TorrentView[] {
  return engine.list().map(({ task, startedAt, limits, stats }) => ({
    ...stats,
    name: task === '' ? stats.name : task,
    startedAt,
    bytes: stats.verified,
    size: stats.length,
    rates: { down: stats.downRate, up: stats.upRate },
    moved: { down: stats.received, up: stats.sent },
    limits: { down: limits.download, up: limits.upload },
    peers: stats.peers.map(peer => ({
      address: peer.address,
      source: sourceOf(peer),
      pieces: peer.pieces,
      rates: { down: peer.downRate, up: peer.upRate },
      moved: { down: peer.downloaded, up: peer.uploaded },
    })),
  }));
}

const sourceOf = ({ address, listenPort }: PeerStats) =>
  listenPort === null ? address : address.replace(/:\d+$/, `:${listenPort}`);
