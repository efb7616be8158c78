import type { Client, Torrent, Wire } from 'webtorrent';
import { piecesOf } from './pieces-of.ts';
import { socketOf } from './socket-of.ts';
import { REQQ } from './uploads.ts';

/** Everything a torrent's connections need before they are used. */
export function guardWires(torrent: Torrent, client: Client): void {
  torrent.on('wire', wire => {
    wire.extendedHandshake = { ...wire.extendedHandshake, reqq: REQQ, p: client.torrentPort };
    offerNoMetadata(wire);
    judgeSeed(torrent, wire);
    checkPieces(torrent, wire);
    corkWrites(torrent, wire);
  });
}

/** Who has no .torrent has no business here: it came with the task (BEP 9 is for magnet links). */
function offerNoMetadata({ extendedMapping, ut_metadata }: Wire): void {
  for (const [id, name] of Object.entries(extendedMapping)) if (name === 'ut_metadata') delete extendedMapping[id];
  ut_metadata.setMetadata = () => Promise.resolve(true);
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

/** A peer that speaks of pieces that the torrent does not have speaks of another torrent (BEP 3). */
function checkPieces(torrent: Torrent, wire: Wire): void {
  const onHave = wire._onHave.bind(wire);
  const length = () => Math.ceil(torrent.pieces.length / 8);
  wire._onHave = index => {
    if (index >= 0 && index < torrent.pieces.length) onHave(index);
    else wire.destroy();
  };
  wire.on('bitfield', () => {
    if (wire.peerPieces.buffer.length !== length()) wire.destroy();
  });
  // Whoever dialled us may have said it already.
  if (torrent.pieces.length > 0 && wire.peerPieces.buffer.length > length()) wire.destroy();
}

/** All that is written to a connection in one turn of the event loop goes out in one system call. */
function corkWrites(torrent: Torrent, wire: Wire): void {
  const conn = socketOf(torrent, wire);
  if (!conn) return;
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
