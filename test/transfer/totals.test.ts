import assert from 'node:assert/strict';
import { Meter } from '../../src/transfer/meter.ts';
import { noLimits } from '../../src/transfer/rate-limits.ts';
import { countingSent, Totals } from '../../src/transfer/totals.ts';
import { ManualClock } from '../manual-clock.ts';

describe('transfer: what a process moved', () => {
  it('is what the meters of all tasks counted, without what they counted before a restart', () => {
    const totals = new Totals();
    for (const task of ['a', 'b']) {
      const meter = new Meter(new ManualClock());
      meter.restore({ received: 1_000_000, wasted: 5, sources: { [task]: { bytes: 1_000_000, wasted: 5 } } });
      totals.watch(meter, 'cdn');
      // Each try of a fetch watches again: nothing counts twice.
      totals.watch(meter, 'cdn');
      meter.add(task, 100);
      meter.waste(task, 10);
    }
    assert.deepEqual(totals.received, { bt: 0, obs: 0, cdn: 200 });
    assert.deepEqual(totals.hashFailures, { bt: 0, obs: 0, cdn: 2 });
  });

  it('counts what the limits let pass upwards, not what they let in', async () => {
    const totals = new Totals();
    const limits = countingSent(noLimits, totals);
    const { signal } = new AbortController();
    for (const direction of ['up', 'down'] as const)
      await limits.through('film', 'obs', direction, throttle => throttle(1000, signal));
    assert.deepEqual(totals.sent, { bt: 0, obs: 1000, cdn: 0 });
  });
});
