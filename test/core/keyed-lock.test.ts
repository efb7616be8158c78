import assert from 'node:assert/strict';
import { KeyedLock } from '../../src/core/keyed-lock.ts';

describe('core: keyed lock', () => {
  it('runs what shares a key one after the other, in the order of the calls', async () => {
    const lock = new KeyedLock();
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = lock.run('a', async () => {
      events.push('first begins');
      await gate.promise;
      events.push('first ends');
    });
    const second = lock.run('a', async () => events.push('second'));
    const third = lock.run('a', async () => events.push('third'));
    // Another key overtakes: it does not wait for the one that hangs.
    await lock.run('b', async () => events.push('other key'));
    gate.resolve();
    await Promise.all([first, second, third]);
    assert.deepEqual(events, ['first begins', 'other key', 'first ends', 'second', 'third']);
  });

  it('hands on what the work gives or throws, and goes on after a failure', async () => {
    const lock = new KeyedLock();
    const failing = lock.run('a', () => Promise.reject(new Error('boom')));
    const after = lock.run('a', async () => 42);
    await assert.rejects(failing, /boom/);
    assert.equal(await after, 42);
  });
});
