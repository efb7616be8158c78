import type { TaskDetail } from '../../api/rest/shapes.ts';
import type { TorrentView } from '../../api/torrents.ts';
import type { Metainfo } from '../../torrent/metainfo.ts';
import { PieceMap } from '../../torrent/piece-map.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';

type Pieces = NonNullable<TaskDetail['pieces']>;
const COLUMNS = 600;
const MISSING = 0;
const RARE = 1;
const FLYING = 2;
const HAVE = 3;

/**
 * The pieces of the whole package (of the bt share on a node without the full torrent), whoever brings them. What is on its way, and what only one
 * connected peer has, the engine says of its own torrent; of pieces that come by HTTP only those are told that are here.
 */
export function piecesOf(
  { full, shared }: Pick<TransferItem, 'full' | 'shared'>,
  ledger: Pick<Ledger, 'isVerified'>,
  view: Pick<TorrentView, 'flying' | 'rare'> | undefined,
): Pieces | null {
  const metainfo = (full ?? shared)?.metainfo;
  if (!metainfo) return null;
  const map = new PieceMap(metainfo);
  const states = new Uint8Array(map.count);
  if (view && shared) {
    for (const piece of piecesIn(view.rare, shared.metainfo, metainfo)) states[piece] = RARE;
    for (const piece of piecesIn(view.flying, shared.metainfo, metainfo)) states[piece] = FLYING;
  }
  for (let piece = 0; piece < map.count; piece++)
    if (map.extents(piece).every(extent => ledger.isVerified(extent))) states[piece] = HAVE;
  return summed(states);
}

/** Of a package that is here and served. */
export const allPieces = (count: number): Pieces => summed(new Uint8Array(count).fill(HAVE));

function summed(states: Uint8Array): Pieces {
  const counts = [0, 0, 0, 0];
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  const [, rare = 0, flying = 0, have = 0] = counts;
  const total = states.length;
  return { total, have, flying, missing: total - have - flying, rare, columns: columnsOf(states) };
}

/** A column is as its least fortunate part, but what is on its way and what is rare comes before what is plainly missing. */
function columnsOf(states: Uint8Array): string {
  const count = Math.min(COLUMNS, states.length);
  const columns = Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * states.length) / count);
    const part = states.subarray(from, Math.floor(((column + 1) * states.length) / count));
    if (part.every(state => state === HAVE)) return HAVE;
    if (part.includes(FLYING)) return FLYING;
    return part.includes(RARE) ? RARE : MISSING;
  });
  return columns.join('');
}

/** Pieces of `own`, as a bitfield in base64, in the pieces of another torrent of the same files. */
function* piecesIn(bits: string | undefined, own: Metainfo, other: Metainfo): Generator<number> {
  if (!bits) return;
  const bytes = Buffer.from(bits, 'base64');
  const map = new PieceMap(own);
  const offsets = own === other ? undefined : new Map(other.files.map(({ path, offset }) => [path, offset]));
  for (let piece = 0; piece < map.count; piece++) {
    if (((bytes[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) === 0) continue;
    if (!offsets) {
      yield piece;
      continue;
    }
    for (const { file, offset, length } of map.extents(piece)) {
      const start = offsets.get(file);
      if (start === undefined) continue;
      const last = Math.floor((start + offset + length - 1) / other.pieceLength);
      for (let at = Math.floor((start + offset) / other.pieceLength); at <= last; at++) yield at;
    }
  }
}
