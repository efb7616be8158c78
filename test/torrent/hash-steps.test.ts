import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { pieceRow, type Row, RowCursor, spanRow } from '../../src/torrent/hash-steps.ts';

/** Gaps and lengths by turns, as spans of a package. */
const spansOf = (cuts: readonly (readonly [gap: number, length: number])[]): Row['spans'] => {
  let at = 0;
  return cuts.map(([gap, length]) => {
    const start = at + gap;
    at = start + length;
    return { start, end: at };
  });
};
const cuts = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 20 })), { maxLength: 8 });

/** Runs a row over blocks; gives the package offsets of every closed stream. */
function streamsOf(row: Row, size: number, block: number): Map<string, number[]> {
  const open = new Map<string, number[]>();
  const closed = new Map<string, number[]>();
  const cursor = new RowCursor(row);
  for (let at = 0; at < size; at += block) {
    const end = Math.min(at + block, size);
    for (const step of cursor.steps(at, end)) {
      assert.ok(step.start >= 0 && step.start < step.end && step.end <= end - at);
      assert.ok(!closed.has(step.stream), `${step.stream} goes on after it was closed`);
      const offsets = open.get(step.stream) ?? [];
      for (let byte = step.start; byte < step.end; byte++) offsets.push(at + byte);
      (step.close ? closed : open).set(step.stream, offsets);
      if (step.close) open.delete(step.stream);
    }
  }
  assert.equal(open.size, 0, 'every stream is closed');
  return closed;
}

describe('torrent: cutting blocks into streams', () => {
  it('gives every piece exactly its bytes, whatever the blocks, the files and the piece length are', () => {
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 40 }), (cuts, unit, block) => {
        const spans = spansOf(cuts);
        const row = spans.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index));
        const streams = streamsOf(pieceRow('piece', spans, unit), (spans.at(-1)?.end ?? 0) + 3, block);
        assert.equal(streams.size, Math.ceil(row.length / unit));
        for (const [name, offsets] of streams) {
          const index = Number(name.split(':')[1]);
          assert.deepEqual(offsets, row.slice(index * unit, (index + 1) * unit));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives every file exactly its bytes', () => {
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 40 }), (cuts, block) => {
        const spans = spansOf(cuts);
        const streams = streamsOf(spanRow('file', spans), spans.at(-1)?.end ?? 0, block);
        for (const [index, { start, end }] of spans.entries()) {
          const offsets = Array.from({ length: end - start }, (_, byte) => start + byte);
          assert.deepEqual(streams.get(`file:${index}`), offsets);
        }
      }),
      { numRuns: 500 },
    );
  });
});
