import assert from 'node:assert/strict';
import { type Startable, startAll, stopAll } from '../../src/core/lifecycle.ts';

describe('core: lifecycle', () => {
  let events: string[];
  beforeEach(() => {
    events = [];
  });

  const part = (name: string, fails: { start?: boolean; stop?: boolean } = {}): Startable => ({
    name,
    async start() {
      events.push(`start ${name}`);
      if (fails.start) throw new Error(`${name} cannot start`);
    },
    async stop() {
      events.push(`stop ${name}`);
      if (fails.stop) throw new Error(`${name} cannot stop`);
    },
  });

  it('starts in order and stops in reverse', async () => {
    const parts = [part('lock'), part('queue'), part('api')];
    await startAll(parts);
    await stopAll(parts);
    assert.deepEqual(events, ['start lock', 'start queue', 'start api', 'stop api', 'stop queue', 'stop lock']);
  });

  it('rolls back when a part cannot start, that part included, and throws its failure', async () => {
    const parts = [part('lock'), part('queue', { start: true }), part('api')];
    await assert.rejects(startAll(parts), /queue cannot start/);
    assert.deepEqual(events, ['start lock', 'start queue', 'stop queue', 'stop lock']);
  });

  it('does not lose the reason of a failed start when stopping fails as well', async () => {
    const parts = [part('lock', { stop: true }), part('queue', { start: true })];
    await assert.rejects(startAll(parts), (error: unknown) => {
      assert.ok(error instanceof SuppressedError);
      assert.match(String(error.suppressed), /queue cannot start/);
      return true;
    });
    assert.deepEqual(events, ['start lock', 'start queue', 'stop queue', 'stop lock']);
  });

  it('stops all parts whatever fails, and reports every failure with the name of its part', async () => {
    const parts = [part('lock', { stop: true }), part('queue'), part('api', { stop: true })];
    await assert.rejects(stopAll(parts), (error: unknown) => {
      assert.ok(error instanceof AggregateError);
      const messages = error.errors.map((each: Error) => each.message);
      assert.deepEqual(messages, ['stopping api failed', 'stopping lock failed']);
      return true;
    });
    assert.deepEqual(events, ['stop api', 'stop queue', 'stop lock']);
  });
});
