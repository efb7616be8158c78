import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { formatLocalTime } from '../../src/core/units.ts';
import { isPriortime, taskWindow, Window } from '../../src/task/window.ts';
import { inTimeZone } from '../time-zone.ts';
import { realTask } from './examples.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ZONES = ['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];

const windowOf = (text: string): Window => {
  const window = Window.parse(text);
  assert.ok(window, text);
  return window;
};
const local = (text: string) => new Date(text.replace(' ', 'T')).getTime();
const two = (n: number) => String(n).padStart(2, '0');
const clockTimes = fc.tuple(fc.nat(23), fc.nat(59)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
const windows = fc.tuple(clockTimes, clockTimes).map(([start, end]) => `${start}-${end}`);
/** 2026 has a change of the clock in each of the zones that have any. */
const moments = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
const nearChanges = fc
  .tuple(
    fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-04', '2026-10-03', '2026-10-25', '2026-11-01'),
    fc.nat(2 * DAY),
  )
  .map(([day, after]) => Date.parse(`${day}T00:00:00Z`) - DAY / 2 + after);

/** The rule as one reads it: what the wall clock says lies between the two texts. */
function isOpenByTheClock(text: string, at: number): boolean {
  const [start = '', end = ''] = text.split('-');
  const wall = formatLocalTime(at).slice(11, 16);
  if (start === end || text === '00:00-23:59') return true;
  return start < end ? start <= wall && wall < end : wall >= start || wall < end;
}

describe('task: a window', () => {
  it('opens with its first minute and closes with its last one (BW-01)', () => {
    const window = windowOf('22:34-22:37');
    const open = ['22:33:59', '22:34:00', '22:36:59', '22:37:00'].map(time =>
      window.isOpen(local(`2021-05-28 ${time}`)),
    );
    assert.deepEqual(open, [false, true, true, false]);
  });

  it('crosses midnight when its end is not after its start (BW-02)', () => {
    const night = windowOf('18:00-05:00');
    const day = windowOf('06:00-00:00');
    const hours = [0, 4, 5, 6, 17, 18, 23].map(hour => local(`2026-11-21 ${two(hour)}:00`));
    assert.deepEqual(
      hours.map(at => night.isOpen(at)),
      [true, true, false, false, false, true, true],
    );
    assert.deepEqual(
      hours.map(at => day.isOpen(at)),
      [false, false, false, true, true, true, true],
    );
  });

  it('is the whole day as 00:00-23:59, its last minute too, and with equal ends (BW-01, BW-06)', () => {
    for (const text of ['00:00-23:59', '00:00-00:00', '08:00-08:00', '00:00-24:00']) {
      const window = windowOf(text);
      const at = local('2026-11-21 23:59:59');
      assert.deepEqual([window.isWholeDay, window.isOpen(at), window.closing(at)], [true, true, Infinity], text);
      assert.equal(window.nextOpening(at), at);
    }
    assert.equal(windowOf('00:01-23:59').isWholeDay, false);
  });

  it('reads 24:00 as 00:00, as real task files have it (BW-05)', () => {
    for (const text of ['06:00-24:00', '06:00-00:00']) {
      assert.equal(windowOf(text).closing(local('2026-11-21 12:00')), local('2026-11-22 00:00'));
      assert.equal(windowOf(text).text, '06:00-00:00');
    }
  });

  it('is nothing else (BW-01)', () => {
    const wrong = [
      '',
      '08:00',
      '8:00-18:00',
      '08:00-18:60',
      '25:00-18:00',
      '24:01-05:00',
      '08:00–18:00',
      '08:00-18:00 x',
    ];
    assert.deepEqual(wrong.map(text => Window.parse(text)).filter(Boolean), []);
  });

  it('says itself as it was written', () => {
    fc.assert(
      fc.property(windows, text => assert.equal(windowOf(text).text, text === '00:00-00:00' ? '00:00-23:59' : text)),
    );
  });

  for (const zone of ZONES) {
    it(`is open when the wall clock is in it, and opens and closes at the first such moment, in ${zone} (BW-07)`, () =>
      inTimeZone(zone, () =>
        fc.assert(
          fc.property(windows, fc.oneof(moments, nearChanges), (text, at) => {
            const window = windowOf(text);
            assert.equal(window.isOpen(at), isOpenByTheClock(text, at));
            assert.equal(window.nextOpening(at), firstMinute(text, at, true));
            assert.equal(window.closing(at), firstMinute(text, at, false));
          }),
        ),
      ));

    it(`shows a period that holds the moment or comes after it, in ${zone} (BA-01)`, () =>
      inTimeZone(zone, () =>
        fc.assert(
          fc.property(windows, fc.oneof(moments, nearChanges), (text, at) => {
            const window = windowOf(text);
            const { opens, closes } = window.period(at);
            assert.ok(closes > at && closes > opens);
            assert.equal(opens <= at, window.isOpen(at));
            assert.ok(opens >= at - 25 * 60 * MINUTE && closes <= at + 49 * 60 * MINUTE);
          }),
        ),
      ));
  }

  it('is as much shorter as the clock makes it, and not there when the clock jumps over it (BW-07)', () =>
    inTimeZone('Europe/Berlin', () => {
      const night = windowOf('01:00-04:00');
      assert.equal(night.closing(local('2026-03-29 01:00')) - local('2026-03-29 01:00'), 2 * 60 * MINUTE);
      assert.equal(night.closing(local('2026-10-25 01:00')) - local('2026-10-25 01:00'), 4 * 60 * MINUTE);
      assert.equal(windowOf('02:30-03:15').nextOpening(local('2026-03-29 01:00')), local('2026-03-29 03:00'));
      assert.equal(windowOf('02:15-02:45').nextOpening(local('2026-03-29 01:00')), local('2026-03-30 02:15'));
    }));

  it('is that of the method in the task, the whole day without a readable one (BW-04)', () => {
    const task = realTask();
    const at = local('2026-11-21 07:00');
    const read = (priortime?: string) =>
      taskWindow({ ...task, obs: priortime === undefined ? {} : { priortime } }, 'obs');
    assert.equal(taskWindow({ ...task, cdn: { priortime: '06:00-24:00' } }, 'cdn').text, '06:00-00:00');
    assert.equal(read('08:00-18:00').isOpen(at), false);
    for (const text of [undefined, '', 'at night']) assert.equal(read(text).isWholeDay, true);
  });

  it('counts for the policy priortime only (BW-03)', () => {
    const policies = ['priortime', 'fulltime', '', undefined];
    const { policy: _, ...task } = realTask();
    assert.deepEqual(
      policies.map(policy => isPriortime(policy === undefined ? task : { ...task, policy })),
      [true, false, false, false],
    );
  });
});

/** By going from minute to minute. */
function firstMinute(text: string, at: number, isOpen: boolean): number {
  const end = at + 3 * DAY;
  let moment = at;
  while (isOpenByTheClock(text, moment) !== isOpen) {
    moment = Math.floor(moment / MINUTE) * MINUTE + MINUTE;
    if (moment > end) return Infinity;
  }
  return moment;
}
