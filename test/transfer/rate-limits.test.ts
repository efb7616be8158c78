import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { allot } from '../../src/transfer/allot.ts';
import { type Flow, isHeld, type Limits, RateLimits } from '../../src/transfer/rate-limits.ts';
import { TokenBucket } from '../../src/transfer/token-bucket.ts';
import { SteppedClock } from '../stepped-clock.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const never = new AbortController().signal;

describe('transfer: rate limits', () => {
  let clock: SteppedClock;
  let node: Limits;
  let task: Record<string, Limits>;
  let engine: Flow[];
  let limits: RateLimits;
  beforeEach(() => {
    clock = new SteppedClock(0);
    node = { down: 0, up: 0 };
    [task, engine] = [{}, []];
    const ofTask = (name: string) => task[name] ?? { down: 0, up: 0 };
    limits = new RateLimits({ clock }, { node: () => node, ofTask }, () => engine);
  });

  /** Takes as much as it gets until `stop`; counts it. */
  const greedy = (name: string, method: string, direction: 'down' | 'up' = 'down') => {
    const stopping = new AbortController();
    const taken = { bytes: 0 };
    const running = limits.through(name, method, direction, async throttle => {
      for (;;) {
        await throttle(64 * KIB, stopping.signal);
        taken.bytes += 64 * KIB;
        await clock.sleep(5, stopping.signal);
      }
    });
    running.catch(() => {});
    return { taken, stop: () => stopping.abort() };
  };
  const pass = async (seconds: number) => {
    for (let tick = 0; tick < seconds * 20; tick++) {
      await clock.advance(50);
      await turn();
      if (tick % 20 === 19) limits.divide();
    }
  };
  /** Bytes per second of each over ten seconds, once they have settled. */
  const rates = async (...flows: ReturnType<typeof greedy>[]) => {
    await pass(8);
    const before = flows.map(({ taken }) => taken.bytes);
    await pass(10);
    return flows.map(({ taken }, index) => (taken.bytes - (before[index] ?? 0)) / 10);
  };
  const near = (actual: number | undefined, expected: number) =>
    assert.ok(Math.abs((actual ?? 0) / expected - 1) < 0.1, `${actual} is not ${expected}`);

  it('the node as a whole keeps its limit, whatever tasks and methods move', async () => {
    node = { down: 3 * MIB, up: 0 };
    const flows = [greedy('a', 'cdn'), greedy('a', 'obs'), greedy('b', 'cdn')];
    const [cdn = 0, obs = 0, other = 0] = await rates(...flows);
    near(cdn + obs + other, 3 * MIB);
    assert.ok(other > MIB, String(other));
    for (const flow of flows) flow.stop();
  });

  it('what one flow does not use the others have, the engine of BitTorrent among them', async () => {
    node = { down: 4 * MIB, up: 0 };
    let engineLimit: number | undefined;
    engine = [{ task: 'a', direction: 'down', rate: MIB, isHeld: false, limit: rate => (engineLimit = rate) }];
    const cdn = greedy('a', 'cdn');
    const [rate] = await rates(cdn);
    near((rate ?? 0) + (engineLimit ?? 0), 4 * MIB);
    assert.ok((engineLimit ?? 0) < 1.5 * MIB, String(engineLimit));
    cdn.stop();
  });

  it('a task keeps its own limit, and both change while bytes move', async () => {
    task = { a: { down: 512 * KIB, up: 0 } };
    const [one, two] = [greedy('a', 'cdn'), greedy('b', 'cdn')];
    near((await rates(one, two))[0], 512 * KIB);
    task = { a: { down: 2 * MIB, up: 0 } };
    near((await rates(one))[0], 2 * MIB);
    task = {};
    node = { down: MIB, up: 0 };
    const [first = 0, second = 0] = await rates(one, two);
    near(first + second, MIB);
    one.stop();
    two.stop();
  });

  it('up and down are apart, and without a limit nothing waits', async () => {
    node = { down: 0, up: MIB };
    let engineLimit: number | undefined = 7;
    engine = [{ task: 'a', direction: 'down', rate: MIB, isHeld: false, limit: rate => (engineLimit = rate) }];
    const [up, down] = [greedy('a', 'obs', 'up'), greedy('a', 'obs')];
    const [sent, received] = await rates(up, down);
    near(sent, MIB);
    assert.ok((received ?? 0) > 10 * MIB, String(received));
    assert.equal(engineLimit, undefined);
    up.stop();
    down.stop();
  });

  for (const [idle, limit] of [
    [20, MIB],
    [200, 10 * MIB],
    [200, 2 * MIB],
  ] as const) {
    it(`${idle} torrents that rest leave what there is to the one that moves, and any of them may begin`, () => {
      node = { down: 0, up: limit };
      const granted = Array.from({ length: idle + 1 }, () => 0);
      const wanting = new Set([0]);
      const tick = () => {
        const rates = granted.map((most, index) => (wanting.has(index) ? Math.min(most, 100 * MIB) : 0));
        engine = rates.map((rate, index) => {
          const held = isHeld(rate, granted[index]);
          return { task: `t${index}`, direction: 'up', rate, isHeld: held, limit: to => (granted[index] = to ?? 0) };
        });
        limits.divide();
      };
      for (let second = 0; second < 5; second++) tick();
      assert.ok((granted[0] ?? 0) >= 0.94 * limit, String(granted[0]));
      wanting.add(1);
      tick();
      assert.ok((granted[1] ?? 0) >= 0.45 * limit, String(granted[1]));
      assert.ok(sum(granted) <= limit * 1.001, String(sum(granted)));
    });
  }

  it('a flow that begins changes nothing of what was measured, and gets its fair share at once', async () => {
    node = { down: 4 * MIB, up: 0 };
    const first = greedy('a', 'cdn');
    await rates(first);
    const second = greedy('b', 'cdn');
    const before = [first.taken.bytes, second.taken.bytes];
    await pass(0.5);
    near(first.taken.bytes - (before[0] ?? 0), MIB);
    near(second.taken.bytes - (before[1] ?? 0), MIB);
    for (const flow of [first, second]) flow.stop();
  });

  it('at a low rate those who wait pass in turn, and what passed is counted then', async () => {
    const bucket = new TokenBucket(clock);
    bucket.rate = 16 * KIB;
    const passed = [0, 0, 0, 0];
    const stopping = new AbortController();
    for (const lane of passed.keys()) {
      const run = async () => {
        for (;;) {
          await bucket.take(4 * KIB, stopping.signal);
          passed[lane] = (passed[lane] ?? 0) + 4 * KIB;
        }
      };
      run().catch(() => {});
    }
    const large = bucket.take(256 * KIB, stopping.signal);
    large.catch(() => {});
    await pass(10);
    assert.ok(Math.min(...passed) >= 7 * 4 * KIB, String(passed));
    assert.ok(bucket.passed <= 161 * KIB && bucket.passed >= 150 * KIB, String(bucket.passed));
    stopping.abort();
    await assert.rejects(large);
    const after = bucket.take(4 * KIB, never);
    await pass(1);
    await after;
    assert.equal(bucket.isWaitedFor, false);
  });

  it('divides exactly what there is, fairly, whatever is wanted', () => {
    const wants = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), wants, (total, wants) => {
        const shares = allot(total, wants);
        assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - total) < 1e-6);
        const least = Math.min(...shares);
        for (const [index, share] of shares.entries()) {
          // Nobody has more than he wants while another one has less than he wants.
          const isShort = shares.some((other, at) => other < (wants[at] ?? 0) - 1e-6);
          if (isShort) assert.ok(share <= Math.max(wants[index] ?? 0, 0) + 1e-6);
          if (share < (wants[index] ?? 0) - 1e-6) assert.ok(share >= least - 1e-6);
        }
      }),
    );
  });

  it('a wait ends with its signal, and with a rate that is lifted', async () => {
    const bucket = new TokenBucket(clock);
    bucket.rate = 1;
    const stopping = new AbortController();
    const stopped = bucket.take(MIB, stopping.signal);
    stopping.abort(new Error('enough'));
    await assert.rejects(stopped, /enough/);
    const waiting = bucket.take(MIB, never);
    await clock.advance(1000);
    bucket.rate = undefined;
    await clock.advance(1000);
    await waiting;
  });
});
