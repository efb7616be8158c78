import assert from 'node:assert/strict';
import { Events } from '../../src/core/events.ts';
import { ManualClock } from '../manual-clock.ts';

describe('core: events', () => {
  it('are numbered from 1, with their time', () => {
    const clock = new ManualClock(1000);
    const events = new Events({ clock });
    events.add('TASK_STATE', 'a', 'one');
    clock.advance(5);
    events.add('DEADLINE_AT_RISK', 'b', 'two');
    const wanted = [
      { number: 1, at: 1000, code: 'TASK_STATE', task: 'a', text: 'one' },
      { number: 2, at: 1005, code: 'DEADLINE_AT_RISK', task: 'b', text: 'two' },
    ];
    assert.deepEqual(events.since(0), wanted);
    assert.deepEqual([events.since(1), events.since(2), events.since(99)], [wanted.slice(1), [], []]);
  });

  it('the latest 500 are kept, whatever comes', () => {
    const events = new Events({ clock: new ManualClock() });
    for (let n = 1; n <= 12_345; n++) {
      events.add('TASK_STATE', 'a', String(n));
      if (n % 777 !== 0) continue;
      const numbers = events.since(0).map(({ number }) => number);
      assert.deepEqual([numbers.length, numbers[0], numbers.at(-1)], [500, n - 499, n]);
    }
    assert.equal(events.since(12_344).length, 1);
  });
});
