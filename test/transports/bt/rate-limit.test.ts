import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { RateLimit, type Timing } from '../../../src/transports/bt/engine/rate-limit.ts';

const BLOCK = 16 * 1024;

/** Time that passes only when it is told to. */
class Stopwatch implements Timing {
  #now = 0;
  #timers: { at: number; work: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  later(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(each => each !== timer);
    };
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = next.at;
      this.#timers = this.#timers.filter(each => each !== next);
      next.work();
    }
    this.#now = end;
  }
}

/** Somebody who wants all he can get, in blocks; `passed` is what he got. */
function greedy(limit: RateLimit, bytes = BLOCK) {
  const state = { passed: 0 };
  const more = () => {
    state.passed += bytes;
    if (state.passed < 2 ** 40) limit.take(bytes, more);
  };
  limit.take(bytes, more);
  return state;
}

describe('RateLimit', () => {
  it('lets through what its rate says, within a hundredth, whatever the blocks are', () => {
    const rate = fc.integer({ min: 10_000, max: 50_000_000 });
    const block = fc.integer({ min: 4096, max: 128 * 1024 });
    fc.assert(
      fc.property(rate, block, (bytesPerSecond, bytes) => {
        const time = new Stopwatch();
        const limit = new RateLimit(time);
        limit.set(bytesPerSecond);
        const state = greedy(limit, bytes);
        time.pass(20_000);
        const ideal = bytesPerSecond * 20;
        assert(Math.abs(state.passed - ideal) <= ideal * 0.01 + bytes, `${state.passed} of ${ideal}`);
      }),
      { numRuns: 50 },
    );
  });

  it('follows a rate that changes every second without a burst', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 100_000, max: 20_000_000 }), { minLength: 2, maxLength: 20 }), rates => {
        const time = new Stopwatch();
        const limit = new RateLimit(time);
        limit.set(rates[0]!);
        const state = greedy(limit);
        for (const rate of rates) {
          const before = state.passed;
          limit.set(rate);
          time.pass(1000);
          assert(Math.abs(state.passed - before - rate) <= rate * 0.1 + 2 * BLOCK);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('serves those who wait in turn', () => {
    const time = new Stopwatch();
    const limit = new RateLimit(time);
    limit.set(1_000_000);
    const all = [1, 2, 3, 4].map(() => greedy(limit));
    time.pass(10_000);
    const shares = all.map(({ passed }) => passed);
    assert(Math.max(...shares) - Math.min(...shares) <= BLOCK);
  });

  it('lets nothing pass at 0, and everything once it is lifted', () => {
    const time = new Stopwatch();
    const limit = new RateLimit(time);
    limit.set(0);
    let passed = 0;
    for (let i = 0; i < 3; i++) limit.take(BLOCK, () => passed++);
    time.pass(3_600_000);
    assert.equal(passed, 0);
    limit.set(null);
    assert.equal(passed, 3);
    limit.take(BLOCK, () => passed++);
    assert.equal(passed, 4);
  });

  it('forgets those who wait when it is stopped', () => {
    const time = new Stopwatch();
    const limit = new RateLimit(time);
    limit.set(1000);
    let passed = 0;
    for (let i = 0; i < 3; i++) limit.take(BLOCK, () => passed++);
    limit.stop();
    time.pass(3_600_000);
    assert.equal(passed, 0);
  });
});
