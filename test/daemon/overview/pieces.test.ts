import assert from 'node:assert/strict';
import { piecesOf } from '../../../src/daemon/overview/pieces.ts';
import type { Extent } from '../../../src/torrent/manifest.ts';
import type { Metainfo } from '../../../src/torrent/metainfo.ts';
import { Bitfield } from '../../../src/transports/bt/bitfield.ts';
import { missingPieces } from '../../../src/transports/bt/engine/missing-pieces.ts';

const PIECE = 10;

/** A torrent of files of these sizes, one after the other. */
function torrent(sizes: Readonly<Record<string, number>>): Metainfo {
  let offset = 0;
  const files = Object.entries(sizes).map(([path, length]) => {
    const file = { path, length, offset };
    offset += length;
    return file;
  });
  const pieces = new Uint8Array(Math.ceil(offset / PIECE) * 20);
  return { infoHash: '', name: 'film', type: 'dir', pieceLength: PIECE, pieces, length: offset, files, announce: [] };
}

const bits = (length: number, ...set: number[]) => {
  const field = new Bitfield(length);
  for (const piece of set) field.set(piece);
  return field;
};
const stored = (metainfo: Metainfo) => ({ path: '', metainfo });
const having = (...files: string[]) => ({ isVerified: ({ file }: Extent) => files.includes(file) });

describe('daemon: the pieces of a task', () => {
  it('are those of the whole package: of HTTP what is here, of bt also what is on its way and what is rare', () => {
    const full = stored(torrent({ 'a.xml': 15, 'b.mxf': 25, 'c.mxf': 40 }));
    const shared = stored(torrent({ 'c.mxf': 40 }));
    const flying = bits(4, 1).toBase64();
    const rare = bits(4, 1, 3).toBase64();
    const pieces = piecesOf({ full, shared }, having('b.mxf'), { flying, rare });
    // a.xml ends in piece 1; b.mxf has pieces 2 and 3 alone.
    assert.deepEqual(pieces, { total: 8, have: 2, flying: 1, missing: 5, rare: 1, columns: '00330201' });
  });

  it('are drawn in 600 columns at most, complete only where all is here', () => {
    const full = stored(torrent({ 'a.mxf': 9000, 'b.mxf': 6000 }));
    const pieces = piecesOf({ full, shared: undefined }, having('a.mxf'), undefined);
    assert.equal(pieces?.columns.length, 600);
    assert.equal(pieces?.columns, '3'.repeat(360) + '0'.repeat(240));
    assert.deepEqual([pieces?.have, pieces?.missing], [900, 600]);
  });

  it('the engine says which are asked for, and which only one peer has', () => {
    const here = bits(9, 0);
    const wires = [
      { requests: [{ piece: 2, offset: 0, length: 1 }] },
      { requests: [{ piece: 0, offset: 0, length: 1 }] },
    ];
    const { flying, rare } = missingPieces(here, wires, [bits(9, 0, 1, 2), bits(9, 2, 8)]);
    assert.deepEqual(Bitfield.parse(flying, 9), bits(9, 2));
    assert.deepEqual(Bitfield.parse(rare, 9), bits(9, 1, 8));
    assert.deepEqual(missingPieces(Bitfield.parse('all', 9), wires, []), { flying: '', rare: '' });
  });
});
