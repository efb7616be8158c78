import assert from 'node:assert/strict';
import { Meter } from '../../src/transfer/meter.ts';
import { ManualClock } from '../manual-clock.ts';

describe('transfer: meter', () => {
  let clock: ManualClock;
  let meter: Meter;
  beforeEach(() => {
    clock = new ManualClock(1_000_000);
    meter = new Meter(clock);
  });

  it('has no rate before anything came, and none when nothing came for five seconds', () => {
    assert.equal(meter.rate, 0);
    meter.add('a', 10_000);
    assert.equal(meter.rate, 10_000);
    clock.advance(4999);
    assert.ok(meter.rate > 0);
    clock.advance(1);
    assert.equal(meter.rate, 0);
  });

  it('gives bytes per second over the last five seconds', () => {
    for (let second = 0; second < 60; second++) {
      meter.add('a', second < 30 ? 1_000_000 : 2000);
      clock.advance(1000);
    }
    assert.ok(Math.abs(meter.rate - 2000) < 501, String(meter.rate));
  });

  it('does not take the first moment for a second of full speed', () => {
    meter.add('a', 500);
    clock.advance(10);
    meter.add('a', 500);
    assert.equal(meter.rate, 1000);
  });

  it('counts exactly at millions of small blocks', () => {
    for (let block = 0; block < 200_000; block++) {
      meter.add(block % 2 === 0 ? 'a:1' : 'b:2', 10);
      if (block % 20 === 0) clock.advance(1);
    }
    assert.deepEqual(meter.counted.sources, {
      'a:1': { bytes: 1_000_000, wasted: 0 },
      'b:2': { bytes: 1_000_000, wasted: 0 },
    });
    assert.ok(Math.abs(meter.rate - 200_000) < 10_000, String(meter.rate));
  });

  it('tells the bytes by source, and those that were refused', () => {
    meter.add('127.0.0.1:6881', 5);
    meter.add('cdn.example.invalid:80', 7);
    meter.add('127.0.0.1:6881', 6);
    meter.waste('127.0.0.1:6881', 4);
    meter.waste('127.0.0.1:6881', 3);
    const counted = {
      received: 18,
      wasted: 7,
      sources: { '127.0.0.1:6881': { bytes: 11, wasted: 7 }, 'cdn.example.invalid:80': { bytes: 7, wasted: 0 } },
    };
    assert.deepEqual(meter.counted, counted);
    const after = new Meter(clock);
    after.restore(counted);
    after.waste('127.0.0.1:6881', 1);
    assert.deepEqual([after.received, after.wasted, after.rate], [18, 8, 0]);
  });

  const total = (of: 'bytes' | 'wasted') =>
    Object.values(meter.counted.sources).reduce((sum, counted) => sum + counted[of], 0);

  it('tells hundreds of sources apart and no more, first those that sent wrong bytes; the rest are counted together', () => {
    meter.waste('evil', 1);
    for (let peer = 0; peer < 1000; peer++) meter.add(`peer${peer}`, peer + 1);
    const { sources } = meter.counted;
    assert.equal(Object.keys(sources).length, 256);
    assert.deepEqual([sources.evil?.wasted, sources.peer999?.bytes, sources.peer0], [1, 1000, undefined]);
    assert.deepEqual([total('bytes'), total('wasted')], [500_500, 1]);
  });

  it('thousands that send wrong bytes are bounded, too; the worst are named, and the sums stay true', () => {
    for (let peer = 0; peer < 2000; peer++) {
      meter.add(`liar${peer}`, 10);
      meter.waste(`liar${peer}`, (peer % 500) + 1);
    }
    const { sources } = meter.counted;
    assert.equal(Object.keys(sources).length, 256);
    assert.ok(sources.liar499 && sources.liar1999 && !sources.liar0);
    assert.deepEqual([total('bytes'), total('wasted')], [meter.received, meter.wasted]);
    const after = new Meter(clock);
    after.restore(meter.counted);
    assert.deepEqual(after.counted, meter.counted);
  });
});
