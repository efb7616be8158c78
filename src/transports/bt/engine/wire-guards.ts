import { Socket } from 'node:net';
import type { Client, Torrent, Wire } from 'webtorrent';
import { piecesOf } from './pieces-of.ts';

/** Outstanding requests that we accept from one peer; webtorrent honours the number and keeps a fast line full with it. */
const REQQ = 2000;

/** Everything a torrent's connections need before they exist. */
export function guardWires(torrent: Torrent, client: Client): void {
  dialPlaintext(torrent);
  torrent.on('wire', wire => {
    // A tracker gives our own address too.
    if (wire.peerId === client.peerId) return wire.destroy();
    wire.extendedHandshake = { ...wire.extendedHandshake, reqq: REQQ, p: client.torrentPort };
    judgeSeed(torrent, wire);
    corkWrites(torrent, wire);
  });
}

/** Some clients cannot be dialled encrypted and others insist on it: dial plaintext, accept both. */
function dialPlaintext(torrent: Torrent): void {
  const addPeer = torrent._addPeer.bind(torrent);
  torrent._addPeer = (peer, type, source) => {
    const { client } = torrent;
    if (!client) return addPeer(peer, type, source);
    const { secure } = client;
    client.secure = 0;
    try {
      return addPeer(peer, type, source);
    } finally {
      client.secure = secure;
    }
  };
}

/**
 * webtorrent takes a peer that has not said what it has for a seed, for good, and never unchokes a seed that was choked once. ctorrent says
 * nothing while it has nothing.
 */
function judgeSeed(torrent: Torrent, wire: Wire): void {
  Object.defineProperty(wire, 'isSeeder', {
    get: () => piecesOf(wire.peerPieces, torrent.pieces.length).isFull,
    set: () => {},
  });
}

/** All that is written to a connection in one turn of the event loop goes out in one system call. */
function corkWrites(torrent: Torrent, wire: Wire): void {
  const conn = [...torrent._peers.values()].find(peer => peer.wire === wire)?.conn;
  if (!(conn instanceof Socket)) return;
  conn.setNoDelay(true);
  const write = conn.write.bind(conn) as (...parameters: unknown[]) => boolean;
  let isCorked = false;
  conn.write = (...parameters: unknown[]) => {
    if (!isCorked) {
      isCorked = true;
      conn.cork();
      setImmediate(() => {
        isCorked = false;
        conn.uncork();
      });
    }
    return write(...parameters);
  };
}
