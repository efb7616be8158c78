import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { Method } from '../../src/core/method.ts';
import { allot } from '../../src/transfer/allot.ts';
import { divide } from '../../src/transfer/divide.ts';
import { type Flow, isHeld, type Limits, RateLimits } from '../../src/transfer/rate-limits.ts';
import { TokenBucket } from '../../src/transfer/token-bucket.ts';
import { WindowRates } from '../../src/transfer/window-rates.ts';
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
  let windows: WindowRates;
  /** Whether anything may be sent. */
  let isServed: boolean;
  beforeEach(() => {
    clock = new SteppedClock(0);
    node = { down: 0, up: 0 };
    [task, engine] = [{}, []];
    windows = new WindowRates();
    isServed = true;
    const ofTask = (name: string) => task[name] ?? { down: 0, up: 0 };
    const ofWindow = (name: string, method: string, direction: 'down' | 'up') => {
      if (direction === 'down') return windows.of(name, method);
      return isServed ? undefined : { group: 'closed', rate: 0 };
    };
    limits = new RateLimits({ clock }, { node: () => node, ofTask, ofWindow }, () => engine);
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
    engine = [
      { task: 'a', method: 'bt', direction: 'down', rate: MIB, isHeld: false, limit: rate => (engineLimit = rate) },
    ];
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
    engine = [
      { task: 'a', method: 'bt', direction: 'down', rate: MIB, isHeld: false, limit: rate => (engineLimit = rate) },
    ];
    const [up, down] = [greedy('a', 'obs', 'up'), greedy('a', 'obs')];
    const [sent, received] = await rates(up, down);
    near(sent, MIB);
    assert.ok((received ?? 0) > 10 * MIB, String(received));
    assert.equal(engineLimit, undefined);
    up.stop();
    down.stop();
  });

  /** All of `method` follow one timetable, which allows so much. */
  const share = (rate: number | undefined, method: Method, ...names: string[]) => {
    const held = names.map(name => windows.hold(name, method));
    const set = (rate: number | undefined) => {
      for (const one of held) one.set(rate === undefined ? undefined : { group: `${method} 22:00-06:00`, rate });
    };
    set(rate);
    return { set, end: () => held.forEach(one => one.end()) };
  };

  it('the tasks that follow a timetable share its rate, which changes while bytes move; others know nothing of it (BW-03)', async () => {
    const hour = share(2 * MIB, 'cdn', 'a', 'b');
    const [a, b, obs, other] = [greedy('a', 'cdn'), greedy('b', 'cdn'), greedy('a', 'obs'), greedy('c', 'cdn')];
    const [first, second, third = 0, fourth = 0] = await rates(a, b, obs, other);
    near(first, MIB);
    near(second, MIB);
    assert.ok(third > 5 * MIB && fourth > 5 * MIB, `${third} ${fourth}`);
    hour.set(512 * KIB);
    const [less = 0, lessToo = 0] = await rates(a, b);
    near(less + lessToo, 512 * KIB);
    hour.set(undefined);
    const [more = 0] = await rates(a);
    assert.ok(more > 5 * MIB, String(more));
    for (const flow of [a, b, obs, other]) flow.stop();
  });

  it('of node, task and timetable the least counts, and what one may not use its like have', async () => {
    node = { down: 4 * MIB, up: 0 };
    task = { a: { down: 256 * KIB, up: 0 } };
    share(2 * MIB, 'cdn', 'a', 'b');
    const [a, b, obs] = [greedy('a', 'cdn'), greedy('b', 'cdn'), greedy('c', 'obs')];
    const [first, second, third] = await rates(a, b, obs);
    near(first, 256 * KIB);
    near(second, 1.75 * MIB);
    near(third, 2 * MIB);
    for (const flow of [a, b, obs]) flow.stop();
  });

  it('a timetable limits the torrents of its tasks, too, and nothing that is sent', () => {
    let [down, up]: (number | undefined)[] = [0, 0];
    const flow = { task: 'a', method: 'bt', rate: MIB, isHeld: true };
    engine = [
      { ...flow, direction: 'down', limit: rate => (down = rate) },
      { ...flow, direction: 'up', limit: rate => (up = rate) },
    ];
    const hour = share(3 * MIB, 'bt', 'a');
    limits.divide();
    assert.deepEqual([down, up], [3 * MIB, undefined]);
    hour.end();
    limits.divide();
    assert.deepEqual([down, up], [undefined, undefined]);
    isServed = false;
    limits.divide();
    assert.deepEqual([down, up], [undefined, 0]);
  });

  it('whatever moves, no limit is exceeded, and nobody is left with nothing', () => {
    const flow = fc.record({
      task: fc.constantFrom('a', 'b', 'c'),
      method: fc.constantFrom('bt', 'cdn'),
      rate: fc.integer({ min: 0, max: 1000 * KIB }),
      isHeld: fc.boolean(),
    });
    const limit = fc.option(fc.integer({ min: 1, max: 2000 * KIB }), { nil: Infinity });
    fc.assert(
      fc.property(
        fc.array(flow, { minLength: 1, maxLength: 8 }),
        limit,
        fc.record({ a: limit, b: limit, c: limit }),
        fc.record({ bt: limit, cdn: limit }),
        (flows, total, ofTask, ofMethod) => {
          const rates = divide(flows, {
            node: total,
            ofTask: task => ofTask[task as 'a'],
            ofGroup: ({ method }) => ({ group: method, rate: ofMethod[method as 'bt'] }),
          });
          const used = (which: (flow: (typeof flows)[number]) => boolean) =>
            sum(rates.filter((_, index) => which(flows[index] as (typeof flows)[number])));
          const slack = (limit: number) => limit * 1.000001 + 1e-6;
          assert.ok(used(() => true) <= slack(total));
          for (const [name, most] of Object.entries(ofTask))
            assert.ok(used(({ task }) => task === name) <= slack(most));
          for (const [name, most] of Object.entries(ofMethod))
            assert.ok(used(({ method }) => method === name) <= slack(most));
          for (const rate of rates) assert.ok(rate > 0);
        },
      ),
    );
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
          return {
            task: `t${index}`,
            method: 'bt',
            direction: 'up',
            rate,
            isHeld: held,
            limit: to => (granted[index] = to ?? 0),
          };
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

  it('the most that a task may fetch is the least of the limits that are set, and of the hour', () => {
    assert.deepEqual([limits.most('a'), limits.ceiling('a', 'cdn')], [Infinity, Infinity]);
    node = { down: 3 * MIB, up: 1 };
    task = { a: { down: 2 * MIB, up: 1 }, b: { down: 9 * MIB, up: 1 } };
    windows.hold('a', 'cdn').set({ group: 'g', rate: MIB });
    assert.deepEqual([limits.most('a'), limits.most('b'), limits.most('c')], [2 * MIB, 3 * MIB, 3 * MIB]);
    assert.deepEqual(
      [limits.ceiling('a', 'cdn'), limits.ceiling('a', 'bt'), limits.ceiling('b', 'cdn')],
      [MIB, 2 * MIB, 3 * MIB],
    );
  });

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
