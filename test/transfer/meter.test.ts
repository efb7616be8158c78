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
    assert.deepEqual(meter.sources, { 'a:1': 1_000_000, 'b:2': 1_000_000 });
    assert.ok(Math.abs(meter.rate - 200_000) < 10_000, String(meter.rate));
  });

  it('tells the bytes by source, and those that were refused', () => {
    meter.add('127.0.0.1:6881', 5);
    meter.add('cdn.example.invalid:80', 7);
    meter.add('127.0.0.1:6881', 6);
    meter.waste(4);
    meter.waste(3);
    assert.deepEqual(meter.sources, { '127.0.0.1:6881': 11, 'cdn.example.invalid:80': 7 });
    assert.equal(meter.wasted, 7);
  });
});
