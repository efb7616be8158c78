import type { Wire } from 'webtorrent';
import { Bitfield } from '../bitfield.ts';

/** Of a torrent that lacks pieces: those that are asked for, and those that one connected peer has and no other, as bitfields in base64. */
export function missingPieces(
  here: Bitfield,
  wires: readonly Pick<Wire, 'requests'>[],
  peers: readonly Bitfield[],
): { flying: string; rare: string } {
  if (here.isFull) return { flying: '', rare: '' };
  const flying = new Bitfield(here.length);
  for (const { requests } of wires)
    for (const { piece } of requests) if (piece >= 0 && piece < here.length && !here.get(piece)) flying.set(piece);
  return { flying: flying.toBase64(), rare: rareOf(here, peers).toBase64() };
}

function rareOf(here: Bitfield, peers: readonly Bitfield[]): Bitfield {
  const rare = new Uint8Array(here.bytes.length);
  for (let at = 0; at < rare.length; at++) {
    let [once, twice] = [0, 0];
    for (const { bytes } of peers) {
      twice |= once & (bytes[at] ?? 0);
      once |= bytes[at] ?? 0;
    }
    rare[at] = once & ~twice & ~(here.bytes[at] ?? 0);
  }
  return new Bitfield(here.length, rare);
}
