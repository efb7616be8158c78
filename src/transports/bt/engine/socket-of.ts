import { Socket } from 'node:net';
import type { Torrent, Wire } from 'webtorrent';

/** The socket of a connection, while it is one of the torrent's. */
export function socketOf(torrent: Torrent, wire: Wire): Socket | undefined {
  const conn = [...torrent._peers.values()].find(peer => peer.wire === wire)?.conn;
  return conn instanceof Socket ? conn : undefined;
}
