import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Unit } from '../../../src/torrent/manifest.ts';
import { Pace } from '../../../src/transports/http/pace.ts';
import { type Range, RangeQueue } from '../../../src/transports/http/ranges.ts';

const MIB = 1024 * 1024;

describe('transports/http: ranges', () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 24 * MIB }), fc.boolean()), { maxLength: 30 });
  const unitsOf = (file: string, parts: readonly (readonly [number, boolean])[]): Unit[] => {
    let offset = 0;
    return parts.flatMap(([length, isMissing]) => {
      const unit = { file, offset, length };
      offset += length;
      return isMissing ? [unit] : [];
    });
  };

  it('gives each unit once, in ranges without gaps, of at most the wanted bytes or one unit', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 1, max: 64 * MIB }), (a, b, most) => {
        const files = new Map([
          ['a', unitsOf('a', a)],
          ['b', unitsOf('b', b)],
        ]);
        const queue = new RangeQueue(files);
        const ranges: Range[] = [];
        for (let range = queue.take(most, 1); range; range = queue.take(most, 1)) {
          ranges.push(range);
          queue.done(range);
        }
        assert.equal(queue.left, 0);
        assert.deepEqual(
          ranges.flatMap(({ units }) => units),
          [...files.values()].flat(),
        );
        for (const { file, offset, length, units } of ranges) {
          let at = offset;
          for (const unit of units) {
            assert.deepEqual([unit.file, unit.offset], [file, at]);
            at += unit.length;
          }
          assert.equal(at, offset + length);
          assert.ok(units.length === 1 || length <= most);
        }
      }),
    );
  });

  it('a file has no more ranges out than it may have connections; what is dropped is not given', () => {
    const units = (file: string) =>
      unitsOf(
        file,
        Array.from({ length: 5 }, () => [10, true] as const),
      );
    const queue = new RangeQueue(
      new Map([
        ['a', units('a')],
        ['b', units('b')],
      ]),
    );
    const taken = [1, 2, 3, 4].map(() => queue.take(10, 2));
    assert.deepEqual(
      taken.map(range => range?.file),
      ['a', 'a', 'b', 'b'],
    );
    assert.equal(queue.take(10, 2), undefined);
    if (taken[0]) queue.done(taken[0]);
    assert.equal(queue.take(10, 2)?.offset, 20);
    queue.drop('a');
    assert.equal(queue.left, 30);
    if (taken[2]) queue.done(taken[2]);
    assert.equal(queue.take(10, 2)?.file, 'b');
  });

  it('asks for little when it is slow, for tens of MiB when it is fast, and shares out the rest near the end', () => {
    const pace = new Pace();
    const plenty = 1000 * MIB;
    for (let i = 0; i < 20; i++) pace.measured(MIB, 60_000);
    assert.equal(pace.next(plenty, 4), MIB);
    for (let i = 0; i < 20; i++) pace.measured(64 * MIB, 100);
    assert.equal(pace.next(plenty, 4), 64 * MIB);
    assert.equal(pace.next(40 * MIB, 4), 10 * MIB);
    assert.equal(pace.next(100, 4), MIB);
  });
});
