import assert from 'node:assert/strict';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { type Logger, silentLog } from '../../../src/core/log.ts';
import { Renewal } from '../../../src/transports/obs/renewal.ts';
import { until } from '../until.ts';

const SOON_MS = 5;

describe('transports/obs: signed addresses are renewed (decision 19)', () => {
  let told: object[];
  const error = (fields: object) => void told.push(fields);
  const log: Logger = { ...silentLog, error };
  beforeEach(() => {
    told = [];
  });

  it('BE-20 what fails is tried again with growing pauses until it succeeds', async () => {
    const pauses: number[] = [];
    const clock: Clock = { ...systemClock, sleep: ms => Promise.resolve(void pauses.push(ms)) };
    const renewed = Promise.withResolvers<void>();
    let tries = 0;
    const renewal = new Renewal({ clock, log }, 'film', SOON_MS, async () => {
      if (++tries <= 4) throw new Error('the disk is full');
      renewed.resolve();
    });
    await renewed.promise;
    await renewal.stop();
    assert.equal(told.length, 4);
    assert.deepEqual(
      pauses.toSorted((a, b) => a - b),
      pauses,
    );
    assert.ok(
      pauses.every((pause, index) => pause >= 750 * 2 ** index),
      String(pauses),
    );
  });

  it('stops while it waits for the next try, and tries no more', async () => {
    let tries = 0;
    const renewal = new Renewal({ clock: systemClock, log }, 'film', SOON_MS, () => {
      tries++;
      return Promise.reject(new Error('no keys'));
    });
    await until('it was tried', () => told.length > 0);
    await renewal.stop();
    assert.equal(tries, 1);
  });

  it('is never done twice at once', async () => {
    const held = Promise.withResolvers<void>();
    let [running, most, turns] = [0, 0, 0];
    const renewal = new Renewal({ clock: systemClock, log }, 'film', SOON_MS, async () => {
      most = Math.max(most, ++running);
      if (++turns === 1) await held.promise;
      running--;
    });
    await until('the first', () => turns === 1);
    let ticks = 0;
    const ticking = setInterval(() => ++ticks, SOON_MS);
    await until('some more turns of the clock', () => ticks > 3);
    clearInterval(ticking);
    held.resolve();
    await until('the next', () => turns > 1);
    await renewal.stop();
    assert.equal(most, 1);
  });
});
