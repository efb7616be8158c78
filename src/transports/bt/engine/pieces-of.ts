import type { BitSet } from 'webtorrent';
import { Bitfield } from '../bitfield.ts';

/** The pieces of webtorrent's set, of `count`. What a peer said may be too short (it said "have" a few times) or too long. */
export function piecesOf(set: BitSet, count: number): Bitfield {
  const saidAll = set.buffer.length === 0 && set.get(0);
  if (saidAll) return Bitfield.parse('all', count);
  const bytes = new Uint8Array(Math.ceil(count / 8));
  bytes.set(set.buffer.subarray(0, bytes.length));
  return new Bitfield(count, bytes);
}
