import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { METHODS } from '../../src/core/method.ts';
import { isBtOnly, parseRatio, type Ratio } from '../../src/task/ratio.ts';
import { type SizedFile, type Split, splitFiles } from '../../src/task/split.ts';
import { realTask } from './examples.ts';

const sized = (...sizes: number[]): SizedFile[] => sizes.map((size, index) => ({ file: `f${index}`, size }));
const bytesOf = (files: readonly SizedFile[], names: readonly string[]) =>
  files.filter(({ file }) => names.includes(file)).reduce((sum, { size }) => sum + size, 0);
const total = (files: readonly SizedFile[]) => files.reduce((sum, { size }) => sum + size, 0);

const files = fc
  .array(fc.oneof(fc.nat(20), fc.nat(1_000_000_000)), { minLength: 1, maxLength: 40 })
  .filter(sizes => sizes.some(size => size > 0))
  .map(sizes => sized(...sizes));
const ratio = fc
  .tuple(fc.nat(5), fc.nat(5), fc.nat(5))
  .filter(shares => shares.some(share => share > 0))
  .map(([bt, obs, cdn]): Ratio => ({ bt, obs, cdn }));
const order = fc.constantFrom('size' as const, 'torrent' as const);

describe('task: ratio', () => {
  it('P-010: is a:b:c in whole numbers', () => {
    assert.deepEqual(parseRatio('2:1:1'), { bt: 2, obs: 1, cdn: 1 });
    assert.deepEqual(parseRatio('0:0:1'), { bt: 0, obs: 0, cdn: 1 });
    assert.deepEqual(parseRatio('999999999:0:007'), { bt: 999_999_999, obs: 0, cdn: 7 });
  });

  it('P-010: refuses everything else, and a ratio of nothing', () => {
    const wrong = [
      '',
      '1',
      '1:1',
      '1:1:1:1',
      ':1:1',
      '1::1',
      '-1:1:1',
      '1.5:1:1',
      '1:1:1 ',
      ' 1:1:1',
      '1:1:1\n',
      'a:b:c',
    ];
    for (const text of [...wrong, '+1:1:1', '1e3:1:1', '0x1:1:1', '١:1:1', '1000000000:1:1', '0:0:0', '00:0:000']) {
      assert.throws(() => parseRatio(text), { code: 'RATIO_INVALID' }, text);
    }
  });

  it('BV-003: n:0:0 is bt only, whatever n is', () => {
    const btOnly = ['1:0:0', '7:0:0', '1:0:1', '1:1:0', '0:1:0'].map(text => isBtOnly(parseRatio(text)));
    assert.deepEqual(btOnly, [true, true, false, false, false]);
  });
});

describe('task: split of the files between the methods', () => {
  it('P-001, P-002, P-003: reproduces example 4.1.2 exactly, order included', () => {
    const { filelist, btlist, obslist, cdnlist } = realTask();
    const split = splitFiles(filelist, parseRatio('1:1:1'), 'size');
    assert.deepEqual(split, { bt: btlist, obs: obslist, cdn: cdnlist });
    assert.deepEqual(
      METHODS.map(method => bytesOf(filelist, split[method])),
      [933_597_669, 0, 8_627_566],
    );
  });

  it('P-004: gives a file to the interval of its start offset: 5 | 4,3 | 2,1', () => {
    assert.deepEqual(splitFiles(sized(1, 2, 3, 4, 5), parseRatio('1:1:1'), 'size'), {
      bt: ['f4'],
      obs: ['f3', 'f2'],
      cdn: ['f1', 'f0'],
    });
  });

  it('P-001: keeps the order of the file list among files of one size', () => {
    assert.deepEqual(splitFiles(sized(7, 7, 7, 7), parseRatio('1:2:1'), 'size'), {
      bt: ['f0'],
      obs: ['f1', 'f2'],
      cdn: ['f3'],
    });
  });

  it('P-005: is exact for sizes and ratios at the limit of whole numbers', () => {
    const share = fc.integer({ min: 1, max: 999_999_999 });
    const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(size, share, share, fc.integer({ min: -1, max: 1 }), (second, bt, cdn, off) => {
        // The second file starts at the border of the two shares when first·cdn = second·bt; `off` is a byte to either side.
        const first = Number((BigInt(second) * BigInt(bt)) / BigInt(cdn)) + off;
        fc.pre(Number.isSafeInteger(first) && first >= second);
        const split = splitFiles(sized(first, second), { bt, obs: 0, cdn }, 'size');
        const staysInBt = BigInt(first) * BigInt(cdn) < BigInt(second) * BigInt(bt);
        assert.deepEqual(
          split,
          staysInBt ? { bt: ['f0', 'f1'], obs: [], cdn: [] } : { bt: ['f0'], obs: [], cdn: ['f1'] },
        );
      }),
    );
  });

  it('P-009: assigns every file exactly once, P-006: none to a method without a share', () => {
    fc.assert(
      fc.property(files, ratio, order, (files, ratio, order) => {
        const split = splitFiles(files, ratio, order);
        assert.deepEqual(METHODS.flatMap(method => split[method]).toSorted(), files.map(({ file }) => file).toSorted());
        for (const method of METHODS) if (ratio[method] === 0) assert.deepEqual(split[method], []);
      }),
    );
  });

  it('P-009: overshoots the share of a method by less than the largest file', () => {
    fc.assert(
      fc.property(files, ratio, order, (files, ratio, order) => {
        const split = splitFiles(files, ratio, order);
        const largest = Math.max(...files.map(({ size }) => size));
        const sum = ratio.bt + ratio.obs + ratio.cdn;
        for (const method of METHODS) {
          if (ratio[method] === 0) continue;
          const over = bytesOf(files, split[method]) * sum - total(files) * ratio[method];
          assert.ok(over < largest * sum, `${method} by ${over / sum} of at most ${largest}`);
        }
      }),
    );
  });

  it('P-007: empty files at the very end go to the last method with a share', () => {
    assert.deepEqual(splitFiles(sized(0, 10, 0), parseRatio('1:1:0'), 'size'), {
      bt: ['f1'],
      obs: ['f0', 'f2'],
      cdn: [],
    });
    assert.deepEqual(splitFiles(sized(10, 0), parseRatio('0:0:1'), 'size'), { bt: [], obs: [], cdn: ['f0', 'f1'] });
    assert.deepEqual(splitFiles(sized(10, 0), parseRatio('3:0:0'), 'size'), { bt: ['f0', 'f1'], obs: [], cdn: [] });
  });

  it('P-008: refuses a package without a byte', () => {
    for (const none of [[], sized(0), sized(0, 0, 0)]) {
      assert.throws(() => splitFiles(none, parseRatio('1:1:1'), 'size'), {
        code: 'SIZES_DIFFER',
        message: 'total files size equal 0',
      });
    }
  });

  it('P-011: gives a package of one dominating file to bt almost whole, whatever the ratio is', () => {
    const dominated = sized(1000, 999_000_000, 2000);
    for (const text of ['1:1:1', '1:5:5', '1:0:9']) {
      const split = splitFiles(dominated, parseRatio(text), 'size');
      assert.deepEqual(split.bt, ['f1']);
      assert.deepEqual([split.obs, split.cdn], [[], ['f2', 'f0']]);
    }
  });

  it('P-010: tells 2:1:1 from 1:1:1 by its borders only', () => {
    const four = sized(10, 10, 10, 10);
    assert.deepEqual(splitFiles(four, parseRatio('2:1:1'), 'size'), { bt: ['f0', 'f1'], obs: ['f2'], cdn: ['f3'] });
    assert.deepEqual(splitFiles(four, parseRatio('1:1:1'), 'size'), { bt: ['f0', 'f1'], obs: ['f2'], cdn: ['f3'] });
    assert.deepEqual(splitFiles(sized(9, 9, 9), parseRatio('2:1:1'), 'size'), {
      bt: ['f0', 'f1'],
      obs: ['f2'],
      cdn: [],
    });
    assert.deepEqual(splitFiles(sized(9, 9, 9), parseRatio('1:1:1'), 'size'), { bt: ['f0'], obs: ['f1'], cdn: ['f2'] });
  });
});

describe('task: split with ctfilesorder', () => {
  it('P-022: takes the list of 4.1.2 forward, which is nearer to the ratio than its reverse', () => {
    const { filelist } = realTask();
    const [cpl, video, audio, volindex, pkl, assetmap] = filelist.map(({ file }) => file);
    assert.deepEqual(splitFiles(filelist, parseRatio('1:1:1'), 'torrent'), {
      bt: [cpl, video],
      obs: [],
      cdn: [audio, volindex, pkl, assetmap],
    });
  });

  it('P-025: takes the reverse when that is nearer, and the forward order on a tie', () => {
    const [small, large, half] = [sized(1, 9), sized(9, 1), sized(5, 5)];
    assert.deepEqual(splitFiles(small, parseRatio('1:0:1'), 'torrent'), { bt: ['f1'], obs: [], cdn: ['f0'] });
    assert.deepEqual(splitFiles(large, parseRatio('1:0:1'), 'torrent'), { bt: ['f0'], obs: [], cdn: ['f1'] });
    assert.deepEqual(splitFiles(half, parseRatio('1:0:1'), 'torrent'), { bt: ['f0'], obs: [], cdn: ['f1'] });
  });

  it('P-021: cuts one sequence at the borders, here the reverse; it does not fill from both ends', () => {
    assert.deepEqual(splitFiles(sized(5, 4, 3, 2, 1), parseRatio('1:1:1'), 'torrent'), {
      bt: ['f4', 'f3', 'f2'],
      obs: ['f1'],
      cdn: ['f0'],
    });
  });

  it('P-023: bt fetches far fewer foreign bytes than by size', () => {
    const size = fc.integer({ min: 1, max: 50_000 });
    const packages = fc.sample(fc.array(size, { minLength: 40, maxLength: 40 }), { numRuns: 100, seed: 23 });
    const foreign = (order: 'size' | 'torrent') =>
      packages.reduce((sum, sizes) => {
        const files = sized(...sizes);
        return sum + foreignBytes(files, splitFiles(files, parseRatio('1:1:1'), order).bt, 16_384);
      }, 0);
    assert.ok(foreign('torrent') * 2 < foreign('size'), `${foreign('torrent')} and ${foreign('size')}`);
  });

  it('P-020: gives every method one run of neighbours in the torrent', () => {
    fc.assert(
      fc.property(files, ratio, (files, ratio) => {
        const names = files.map(({ file }) => file);
        const split: Split = splitFiles(files, ratio, 'torrent');
        for (const method of METHODS) {
          const places = split[method].map(file => names.indexOf(file)).toSorted((a, b) => a - b);
          for (const [index, place] of places.entries()) assert.equal(place, (places[0] ?? 0) + index);
        }
      }),
    );
  });
});

/** Bytes of other files in the pieces that hold `chosen`, in a torrent of all files. */
function foreignBytes(files: readonly SizedFile[], chosen: readonly string[], pieceLength: number): number {
  const pieces = new Set<number>();
  let offset = 0;
  for (const { file, size } of files) {
    const end = offset + size;
    if (chosen.includes(file)) {
      for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < end; piece++) pieces.add(piece);
    }
    offset = end;
  }
  const held = [...pieces].reduce((sum, piece) => sum + Math.min(pieceLength, offset - piece * pieceLength), 0);
  return held - bytesOf(files, chosen);
}
