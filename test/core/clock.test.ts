import assert from 'node:assert/strict';
import { systemClock } from '../../src/core/clock.ts';

describe('core: the system clock', () => {
  it('rejects a sleep with the reason of the signal as soon as it aborts', async () => {
    const ending = new AbortController();
    const reason = new Error('the task was cancelled');
    const slept = systemClock.sleep(3_600_000, ending.signal);
    ending.abort(reason);
    await assert.rejects(slept, error => error === reason);
  });

  it('does not begin a sleep whose signal has aborted already', async () => {
    const reason = new Error('too late');
    await assert.rejects(systemClock.sleep(3_600_000, AbortSignal.abort(reason)), error => error === reason);
  });

  it('resolves a sleep that nobody ends', async () => {
    await systemClock.sleep(0);
    await systemClock.sleep(1, new AbortController().signal);
  });

  it('never goes back in its monotonic time', () => {
    const first = systemClock.monotonic();
    assert.ok(systemClock.monotonic() >= first);
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 60_000);
  });
});
