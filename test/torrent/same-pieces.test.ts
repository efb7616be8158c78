import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { samePieces } from '../../src/torrent/same-pieces.ts';

/** Files of a package, each in the share or not. */
const files = fc.array(fc.tuple(fc.integer({ min: 1, max: 24 }), fc.boolean()), { minLength: 1, maxLength: 10 });

function spansOf(list: readonly (readonly [size: number, isShared: boolean])[]) {
  let at = 0;
  return list.flatMap(([size, isShared]) => {
    const span = { start: at, end: at + size };
    at = span.end;
    return isShared ? [span] : [];
  });
}

/** The package offsets that each piece of a row of bytes is made of. */
function cut(offsets: readonly number[], pieceLength: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < offsets.length; at += pieceLength) pieces.push(String(offsets.slice(at, at + pieceLength)));
  return pieces;
}

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, index) => start + index);

describe('torrent: the pieces that two torrents share', () => {
  it('are exactly those that are made of the same bytes', () => {
    let found = 0;
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 12 }), (list, pieceLength) => {
        const size = list.reduce((sum, [each]) => sum + each, 0);
        const spans = spansOf(list);
        const full = cut(range(0, size), pieceLength);
        const share = cut(
          spans.flatMap(({ start, end }) => range(start, end)),
          pieceLength,
        );
        const same = share.flatMap((piece, index) => (full.includes(piece) ? [[index, full.indexOf(piece)]] : []));
        assert.deepEqual([...samePieces(spans, pieceLength, size)], same);
        found += same.length;
      }),
      { numRuns: 1000 },
    );
    assert.ok(found > 1000, `${found} pieces were shared`);
  });

  it('are all of them when the share is the beginning of the package, but for the one it ends in', () => {
    const same = samePieces([{ start: 0, end: 70 }], 16, 100);
    assert.deepEqual([...same.keys()], [0, 1, 2, 3]);
    assert.deepEqual([...samePieces([{ start: 0, end: 100 }], 16, 100).keys()], [0, 1, 2, 3, 4, 5, 6]);
  });

  it('are none where the share is shifted against the package', () => {
    assert.equal(samePieces([{ start: 5, end: 100 }], 16, 100).size, 0);
    assert.deepEqual(
      [...samePieces([{ start: 32, end: 100 }], 16, 100)],
      [
        [0, 2],
        [1, 3],
        [2, 4],
        [3, 5],
        [4, 6],
      ],
    );
  });
});
