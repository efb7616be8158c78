import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Budget } from '../../../src/transports/http/budget.ts';
import { UnitMemory } from '../../../src/transports/http/unit-memory.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

async function isThere(taken: Promise<unknown>): Promise<boolean> {
  const turns = new Promise(resolve => setImmediate(resolve)).then(() => undefined);
  return (await Promise.race([taken, turns])) !== undefined;
}

describe('transports/http: what is bounded', () => {
  it('never gives more than there is, gives in turn, and everybody gets it', async () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(amounts, async wanted => {
        const budget = new Budget(() => 10);
        const served: number[] = [];
        let used = 0;
        const users = wanted.map(async (amount, index) => {
          await budget.take(amount, never);
          served.push(index);
          used += amount;
          assert.ok(used <= 10 || used === amount, `${used}`);
          await new Promise(resolve => setImmediate(resolve));
          used -= amount;
          budget.give(amount);
        });
        await Promise.all(users);
        assert.deepEqual(
          served,
          wanted.map((_, index) => index),
        );
        assert.ok(budget.isIdle);
      }),
      { numRuns: 50 },
    );
  });

  it('who stops waiting takes nothing, and lets those behind pass', async () => {
    const budget = new Budget(() => 10);
    await budget.take(6, never);
    const stop = new AbortController();
    const waiting = budget.take(9, stop.signal);
    const behind = budget.take(4, never);
    stop.abort(new Error('stop'));
    await assert.rejects(waiting, /stop/);
    await behind;
    assert.equal(budget.used, 10);
    await assert.rejects(budget.take(1, stop.signal), /stop/);
  });

  it('memory for units: four of 16 MiB for a fetch, used again; one that is larger than all there is, too', async () => {
    const memory = new UnitMemory().share();
    const buffers = await Promise.all([1, 2, 3, 4].map(() => memory.take(16 * MIB, never)));
    const fifth = memory.take(16 * MIB, never);
    assert.equal(await isThere(fifth), false);
    const [first] = buffers;
    if (first) memory.give(first);
    assert.ok((await fifth) === first);
    for (const buffer of buffers) memory.give(buffer);
    assert.equal((await memory.take(128 * MIB, never)).byteLength, 128 * MIB);
  });

  it('memory for units: whatever others hold, every fetch has some; all together are bounded', async () => {
    const memory = new UnitMemory();
    const fetches = Array.from({ length: 6 }, () => memory.share());
    const held: number[] = [];
    for (const fetch of fetches) {
      const taken = Array.from({ length: 8 }, () => fetch.take(16 * MIB, never));
      held.push((await Promise.all(taken.map(isThere))).filter(Boolean).length);
    }
    assert.deepEqual(held, [4, 2, 1, 1, 1, 1]);
  });

  it('memory for units: who stops waiting takes nothing, and lets those behind pass', async () => {
    const memory = new UnitMemory().share();
    const own = await memory.take(MIB, never);
    const stop = new AbortController();
    const large = memory.take(128 * MIB, stop.signal);
    const behind = memory.take(MIB, never);
    assert.equal(await isThere(behind), false);
    stop.abort(new Error('stop'));
    await assert.rejects(large, /stop/);
    await behind;
    memory.give(own);
    await assert.rejects(memory.take(MIB, stop.signal), /stop/);
  });
});
