import assert from 'node:assert/strict';
import { getTasks } from 'node-cron';
import { clockTicks } from '../../src/core/ticks.ts';
import { CronTicks } from '../../src/schedule/cron-ticks.ts';
import { SteppedClock } from '../stepped-clock.ts';

const DAY_MS = 24 * 60 * 60_000;
const never = new AbortController().signal;

describe('schedule: ticks', function () {
  this.timeout(20_000);
  const RealDate = Date;
  let shift = 0;
  /** The wall clock as somebody sets it. */
  class SetDate extends RealDate {
    constructor(...parts: [] | [number]) {
      super(parts.length === 0 ? RealDate.now() + shift : parts[0]);
    }

    static override now = () => RealDate.now() + shift;
  }
  let ticks: CronTicks;
  beforeEach(() => {
    ticks = new CronTicks();
    shift = 0;
  });
  afterEach(async () => {
    await ticks.stop();
    globalThis.Date = RealDate;
  });

  /** The clock is set as soon as somebody waits for the tick. */
  const tickAfterJump = async (days: number) => {
    globalThis.Date = SetDate as DateConstructor;
    const ticking = ticks.next(never);
    shift += days * DAY_MS;
    await ticking;
  };

  it('come with the seconds of the wall clock, one for all who wait', async () => {
    const both = [ticks.next(never), ticks.next(never)];
    assert.equal(getTasks().size, 1);
    await Promise.all(both);
    const second = Math.floor(Date.now() / 1000);
    await ticks.next(never);
    assert.ok(Math.floor(Date.now() / 1000) > second);
  });

  it('cost nothing when nobody waits', async () => {
    await ticks.next(never);
    assert.equal(getTasks().size, 0);
  });

  for (const days of [30, -30, 0.04, -0.04, 20_000, -20_000]) {
    it(`come soon when the clock jumps by ${days} days, the event loop not standing still`, async () => {
      const cpu = process.cpuUsage();
      await tickAfterJump(days);
      await tickAfterJump(0);
      const { user, system } = process.cpuUsage(cpu);
      assert.ok(user + system < 2_000_000, `${user + system} µs`);
    });
  }

  it('come no more for who gives up, and for nobody after the end', async () => {
    const ending = new AbortController();
    const given = ticks.next(ending.signal);
    ending.abort(new Error('enough'));
    await assert.rejects(given, /enough/);
    const waiting = ticks.next(never);
    await ticks.stop();
    await waiting;
    assert.equal(getTasks().size, 0);
  });

  it('come from a clock of a test each second of it', async () => {
    const clock = new SteppedClock(0);
    const ticking = clockTicks(clock).next(never);
    await clock.advance(999);
    assert.equal(await Promise.race([ticking.then(() => 'came'), Promise.resolve().then(() => 'waits')]), 'waits');
    await clock.advance(1);
    await ticking;
  });
});
