import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { forecast, isAtRisk, Openings, type Outstanding } from '../../src/task/forecast.ts';
import { Timetable } from '../../src/task/timetable.ts';
import { inTimeZone } from '../time-zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GB = 1e9;
const local = (text: string) => new Date(text.replace(' ', 'T')).getTime();
const NOW = local('2026-11-21 12:00');
const share = (text: string, bytes: number, rate: number | undefined, from = NOW): Outstanding => ({
  bytes,
  speed: () => rate,
  openings: new Openings(Timetable.parse(text), from),
});
const end = (...shares: Outstanding[]) => forecast(NOW, shares).end;

const two = (n: number) => String(n).padStart(2, '0');
const hours = fc
  .tuple(fc.nat(23), fc.constantFrom(0, 15, 30), fc.nat(23), fc.constantFrom(0, 20, 45))
  .map(([a, b, c, d]) => `${two(a)}:${two(b)}-${two(c)}:${two(d)}`);
const rates = fc.option(
  fc.integer({ min: 1, max: 20 }).map(n => n * 100),
  { nil: undefined },
);
const entries = fc.tuple(hours, rates).map(([window, rate]) => (rate === undefined ? window : `${window} ${rate}K`));
const timetables = fc.array(entries, { minLength: 1, maxLength: 3 }).map(all => all.join('; '));
const moments = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
const speeds = fc.integer({ min: 1000, max: 5_000_000 });
const sizes = fc.integer({ min: 1, max: 100 * GB });

/** Bytes that a timetable lets through between two moments. */
function capacity(timetable: Timetable, rate: number, from: number, to: number): number {
  const periods = timetable.periods(from, to);
  return periods.reduce((sum, p) => sum + (Math.min(rate, p.rate ?? Infinity) * (p.closes - p.opens)) / 1000, 0);
}

describe('task: the forecast', () => {
  it('is the time that the bytes take where nothing closes', () => {
    assert.equal(end(share('00:00-23:59', 36 * GB, 1e7)), NOW + HOUR);
    assert.equal(end(share('00:00-23:59', 100 * 24 * 36 * GB, 1e9)), NOW + DAY);
  });

  it('goes on in the next window where one is not enough', () => {
    assert.equal(end(share('22:00-06:00', 36 * GB, 1e7)), local('2026-11-21 23:00'));
    assert.equal(end(share('22:00-06:00', 9 * 36 * GB, 1e7)), local('2026-11-22 23:00'));
    assert.equal(end(share('22:00-06:00', 8 * 36 * GB, 1e7)), local('2026-11-22 06:00'));
  });

  it('counts what is left of the window that is open', () => {
    assert.equal(end(share('10:00-12:30', 18 * GB, 1e7)), local('2026-11-21 12:30'));
    assert.equal(end(share('10:00-12:30', 18 * GB + 1e7, 1e7)), local('2026-11-22 10:00') + 1000);
  });

  it('is no faster than the timetable lets it be, hour by hour', () => {
    const timetable = '12:00-13:00 1M; 13:00-14:00';
    const mib = Timetable.parse(timetable).rate(NOW) ?? 0;
    assert.ok(mib > 0);
    assert.equal(end(share(timetable, mib * 3600, 1e8)), local('2026-11-21 13:00'));
    assert.equal(end(share(timetable, mib * 3600 + 1e8, 1e8)), local('2026-11-21 13:00') + 1000);
    assert.equal(end(share(timetable, 3600_000, 1000)), local('2026-11-21 13:00'));
  });

  it('is that of the last method', () => {
    const shares = [share('00:00-23:59', 36 * GB, 1e7), share('22:00-06:00', 1e7, 1e7), share('01:00-02:00', 0, 1e7)];
    assert.equal(end(...shares), local('2026-11-21 22:00') + 1000);
  });

  it('is now when nothing is left', () => {
    assert.deepEqual(forecast(NOW, []), { end: NOW, earliest: NOW });
    assert.deepEqual(forecast(NOW, [share('01:00-02:00', 0, undefined)]), { end: NOW, earliest: NOW });
  });

  it('is not known while a method that is needed has no rate; that it cannot be sooner may be known', () => {
    const shares = [share('22:00-06:00', 1, undefined), share('00:00-23:59', 36 * GB, 1e7)];
    assert.deepEqual(forecast(NOW, shares), { end: undefined, earliest: local('2026-11-21 22:00') });
    assert.equal(isAtRisk(local('2026-11-21 21:59'), forecast(NOW, shares)), true);
    assert.equal(isAtRisk(local('2026-11-21 22:01'), forecast(NOW, shares)), false);
  });

  it('is not known when it takes more than sixty days', () => {
    for (const slow of [share('00:00-23:59', 61 * 86_400, 1), share('12:00-13:00', 1, 0)]) {
      const found = forecast(NOW, [slow]);
      assert.deepEqual(found, { end: undefined, earliest: NOW + 60 * DAY });
      assert.equal(isAtRisk(NOW + DAY, found), true);
      assert.equal(isAtRisk(NOW + 61 * DAY, found), false);
    }
    assert.equal(end(share('00:00-23:59', 60 * 86_400, 1)), NOW + 60 * DAY);
  });

  it('a deadline that has passed is not met by what is unfinished', () => {
    assert.equal(isAtRisk(NOW - 1, forecast(NOW, [share('00:00-23:59', 1, 1e9)])), true);
    assert.equal(isAtRisk(undefined, forecast(NOW, [share('00:00-23:59', 1, 0)])), false);
  });

  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York']) {
    it(`by then, and not before, the timetable let all bytes through (${zone})`, () =>
      inTimeZone(zone, () =>
        fc.assert(
          fc.property(timetables, moments, sizes, speeds, (text, from, bytes, rate) => {
            const timetable = Timetable.parse(text);
            const found = forecast(from, [{ bytes, speed: () => rate, openings: new Openings(timetable, from) }]);
            const by = found.end ?? from + 60 * DAY;
            const slack = rate / 500 + bytes * 1e-9;
            const through = capacity(timetable, rate, from, by);
            if (found.end === undefined) assert.ok(through < bytes + slack);
            else assert.ok(Math.abs(through - bytes) <= slack, `${through} of ${bytes}`);
            assert.equal(found.earliest, by);
          }),
          { numRuns: 60 },
        ),
      ));
  }

  it('more bytes are never sooner, more speed is never later, and another method never makes it sooner', () => {
    fc.assert(
      fc.property(timetables, timetables, moments, sizes, speeds, (text, other, from, bytes, rate) => {
        const at = (bytes: number, rate: number) => forecast(from, [share(text, bytes, rate, from)]).earliest;
        assert.ok(at(bytes, rate) <= at(bytes * 2, rate));
        assert.ok(at(bytes, rate * 2) <= at(bytes, rate));
        const both = forecast(from, [share(text, bytes, rate, from), share(other, bytes, undefined, from)]);
        assert.ok(both.earliest >= at(bytes, rate));
        assert.equal(both.end, undefined);
      }),
      { numRuns: 60 },
    );
  });

  it('looks less far where the hours change hundreds of times a week, and says no more than it saw', () => {
    const every = Array.from(
      { length: 50 },
      (_, n) => `${two(Math.floor(n / 3))}:${(n % 3) * 2}0-${two(Math.floor(n / 3))}:${(n % 3) * 2}9`,
    );
    const openings = new Openings(Timetable.parse(every.join(';')), NOW);
    const found = forecast(NOW, [{ bytes: 1e15, speed: () => 1, openings }]);
    const count = openings.periods().toArray().length;
    assert.ok(count >= 960 && count <= 960 + 50, String(count));
    assert.deepEqual(found, { end: undefined, earliest: NOW + 20 * DAY });
    const soon = forecast(NOW, [
      { bytes: 1e15, speed: () => 1, openings },
      { bytes: 1, speed: () => 1, openings },
    ]);
    assert.equal(soon.earliest, NOW + 20 * DAY);
  });

  it('a thousand tasks that follow one timetable work its hours out once', () => {
    let asked = 0;
    const timetable = Timetable.parse('22:00-06:00');
    const counted = { periods: (from: number, to: number) => (asked++, timetable.periods(from, to)) } as Timetable;
    const openings = new Openings(counted, NOW);
    for (let task = 0; task < 1000; task++) forecast(NOW, [{ bytes: 3 * 288 * GB, speed: () => 1e7, openings }]);
    assert.ok(asked <= 4, String(asked));
  });
});
