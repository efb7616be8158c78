import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Ranges } from '../../src/transfer/ranges.ts';

const BYTES = 24;

describe('transfer: ranges', () => {
  it('are what a row of booleans would say, whatever is added, removed and kept', () => {
    const span = fc.tuple(fc.nat(BYTES), fc.nat(BYTES)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const step = fc.record({
      kind: fc.constantFrom('add', 'remove', 'keep'),
      span,
      other: fc.array(span, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), span, (steps, [start, end]) => {
        const ranges = new Ranges();
        const row = Array.from({ length: BYTES }, () => false);
        for (const { kind, span, other } of steps) {
          const before = row.filter(Boolean).length;
          if (kind === 'keep') {
            const kept = new Ranges();
            for (const [from, to] of other) kept.add(from, to);
            ranges.keepOnly(kept);
            row.forEach((_, at) => (row[at] &&= other.some(([from, to]) => at >= from && at < to)));
          } else {
            row.fill(kind === 'add', ...span);
            const changed = kind === 'add' ? ranges.add(...span) : ranges.remove(...span);
            assert.equal(changed, Math.abs(row.filter(Boolean).length - before));
          }
        }
        assert.deepEqual(
          row.map((_, at) => ranges.covers(at, at + 1)),
          row,
        );
        assert.equal(ranges.bytes, row.filter(Boolean).length);
        assert.equal(ranges.end, row.lastIndexOf(true) + 1);
        assert.equal(ranges.covers(start, end), row.slice(start, end).every(Boolean));
        assert.equal(ranges.overlap(start, end), row.slice(start, end).filter(Boolean).length);
        const list = [...ranges];
        for (const [index, [from]] of list.entries()) assert.ok(index === 0 || from > (list[index - 1]?.[1] ?? 0));
      }),
      { numRuns: 500 },
    );
  });
});
