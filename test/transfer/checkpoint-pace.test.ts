import assert from 'node:assert/strict';
import { CheckpointPace } from '../../src/transfer/checkpoint-pace.ts';
import { ManualClock } from '../manual-clock.ts';

const MIB = 1024 * 1024;

describe('transfer: when a checkpoint is due', () => {
  let clock: ManualClock;
  let pace: CheckpointPace;
  beforeEach(() => {
    clock = new ManualClock();
    pace = new CheckpointPace(clock);
  });

  it('with 64 MiB or 1024 entries', () => {
    assert.equal(pace.isDue(1, 63 * MIB), false);
    assert.equal(pace.isDue(2, MIB), true);
    pace.begin();
    assert.equal(pace.isDue(1, 63 * MIB), false);
    assert.equal(pace.isDue(1024, 0), true);
  });

  it('not for bytes while one is under way, also not while another one waits for it', () => {
    pace.begin();
    pace.begin();
    pace.end();
    assert.equal(pace.isDue(1, 100 * MIB), false);
    pace.end();
    assert.equal(pace.isDue(2, 0), true);
  });

  it('on a slow disk less often: it rests as long as it worked, and waits four times as long for the next', () => {
    assert.equal(pace.pauseMs, 1000);
    const begin = clock.monotonic();
    clock.advance(5000);
    pace.synced(begin);
    assert.equal(pace.pauseMs, 20_000);
    clock.advance(4999);
    assert.equal(pace.isDue(1, 100 * MIB), false);
    clock.advance(1);
    assert.equal(pace.isDue(2, 0), true);
    pace.synced(clock.monotonic() - 60_000);
    assert.equal(pace.pauseMs, 30_000);
  });
});
