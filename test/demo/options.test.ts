import assert from 'node:assert/strict';
import { parseByteSize } from '../../src/demo/byte-size.ts';
import { UsageFailure } from '../../src/demo/failure.ts';
import { parseOptions } from '../../src/demo/options.ts';

const MIB = 1024 * 1024;

describe('demo options', () => {
  it('has defaults for everything', () => {
    assert.deepEqual(parseOptions([]), {
      size: 512 * MIB,
      ratio: { bt: 1, obs: 1, cdn: 1 },
      receivers: 1,
      keep: false,
      json: false,
    });
  });

  it('reads all options, with a blank or an equals sign', () => {
    const args = ['--source', '/films/a', '--dir=/big', '--ratio', '2:1:1', '--receivers=3', '--keep', '--json'];
    assert.deepEqual(parseOptions(args), {
      source: '/films/a',
      dir: '/big',
      size: 512 * MIB,
      ratio: { bt: 2, obs: 1, cdn: 1 },
      receivers: 3,
      keep: true,
      json: true,
    });
  });

  it('gives help before it looks at anything else', () => {
    assert.equal(parseOptions(['--ratio', 'nonsense', '--help']), 'help');
    assert.equal(parseOptions(['-h']), 'help');
  });

  for (const [args, message] of [
    [['--colour'], /--colour/],
    [['stray'], /stray/],
    [['--size'], /--size/],
    [['--size', 'big'], /"big" is not a size/],
    [['--size', '1K'], /too small/],
    [['--size', '1G', '--source', '/films/a'], /does not go with --source/],
    [['--ratio', '1:1'], /--ratio: .*a:b:c/],
    [['--ratio', '0:0:0'], /--ratio: .*nobody/],
    [['--ratio', '-1:1:1'], /--ratio/],
    [['--receivers', '0'], /from 1 to 32/],
    [['--receivers', '33'], /from 1 to 32/],
    [['--receivers', '1.5'], /from 1 to 32/],
    [['--source='], /--source needs/],
    [['--dir='], /--dir needs/],
    [['--keep=yes'], /--keep/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => parseOptions(args), { constructor: UsageFailure, message });
    });
  }
});

describe('byte size', () => {
  for (const [text, bytes] of [
    ['1', 1],
    ['24M', 24 * MIB],
    ['24MiB', 24 * MIB],
    ['512mb', 512 * MIB],
    ['1.5K', 1536],
    ['2G', 2048 * MIB],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseByteSize(text), bytes));
  }

  for (const text of ['', 'M', '-1M', '1 M', '1P', '1e9', '999999999999T', '0x10']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseByteSize(text), UsageFailure));
  }
});
