import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Timetable } from '../../src/task/timetable.ts';
import { TimetableError } from '../../src/task/timetable-text.ts';
import { inTimeZone } from '../time-zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ZONES = ['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
const NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const OFFICE = 'Mon-Fri 00:00-08:00 20M; Sat,Sun 00:00-00:00; Mon-Fri 08:00-00:00 512K';

const local = (text: string) => new Date(text.replace(' ', 'T')).getTime();
const two = (n: number) => String(n).padStart(2, '0');
const clockTime = fc.tuple(fc.nat(23), fc.nat(59)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
const window = fc.tuple(clockTime, clockTime).map(([start, end]) => `${start}-${end}`);
const days = fc.subarray(NAMES, { minLength: 1 });
const rate = fc.constantFrom(undefined, 1024, 20 * 1024 ** 2);
/** An entry as one reads it. */
type Said = readonly [days: string[] | undefined, window: string, rate: number | undefined];
const entry: fc.Arbitrary<Said> = fc.tuple(fc.option(days, { nil: undefined }), window, rate);
const entries = fc.array(entry, { minLength: 1, maxLength: 4 });
const write = (said: readonly Said[]) =>
  said.map(([on, hours, to]) => [on?.join(','), hours, to && `${to}B`].filter(Boolean).join(' ')).join(';');
/** 2026 has a change of the clock in each of the zones that have any. */
const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
const nearChange = fc
  .tuple(
    fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-04', '2026-10-03', '2026-10-25', '2026-11-01'),
    fc.nat(2 * DAY),
  )
  .map(([day, after]) => Date.parse(`${day}T00:00:00Z`) - DAY / 2 + after);

/** The rule as one reads it: what the wall clock says lies between the two texts. 0: closed, Infinity: no limit. */
function rateByTheClock(said: readonly Said[], at: number): number {
  const date = new Date(at);
  const wall = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const today = NAMES[date.getDay()] ?? '';
  const yesterday = NAMES[(date.getDay() + 6) % 7] ?? '';
  const found = said.find(([on = NAMES, hours]) => {
    const [start = '', end = ''] = hours.split('-');
    if (start === end || hours === '00:00-23:59') return on.includes(today);
    if (start < end) return on.includes(today) && start <= wall && wall < end;
    return (on.includes(today) && wall >= start) || (on.includes(yesterday) && wall < end);
  });
  return found ? (found[2] ?? Infinity) : 0;
}

/** By going from minute to minute; Infinity when there is none within three weeks. */
function firstMinute(said: readonly Said[], at: number, isWanted: (rate: number) => boolean): number {
  for (let moment = at; moment <= at + 21 * DAY; moment = Math.floor(moment / MINUTE) * MINUTE + MINUTE) {
    if (isWanted(rateByTheClock(said, moment))) return moment;
  }
  return Infinity;
}

describe('task: a timetable', () => {
  it('is one window, or several with days and rates, of which the first that covers a moment counts', () => {
    const table = Timetable.parse(OFFICE);
    const rates = ['2026-11-20 07:59', '2026-11-20 08:00', '2026-11-21 00:00', '2026-11-22 23:59', '2026-11-23 00:00'];
    assert.deepEqual(
      rates.map(at => table.rate(local(at))),
      [20 * 1024 ** 2, 512 * 1024, undefined, undefined, 20 * 1024 ** 2],
    );
    const night = Timetable.parse('22:00-06:00 1M; 00:00-08:00 2M');
    assert.deepEqual(
      ['2026-11-20 05:59', '2026-11-20 07:59', '2026-11-20 08:00'].map(at => night.rate(local(at))),
      [1024 ** 2, 2 * 1024 ** 2, 0],
    );
  });

  it('opens with the first minute of a window and closes with its last one (BW-01)', () => {
    const window = Timetable.parse('22:34-22:37');
    const open = ['22:33:59', '22:34:00', '22:36:59', '22:37:00'].map(time =>
      window.isOpen(local(`2021-05-28 ${time}`)),
    );
    assert.deepEqual(open, [false, true, true, false]);
  });

  it('crosses midnight when an end is not after its start (BW-02)', () => {
    const open = (text: string) =>
      [0, 4, 5, 6, 17, 18, 23].filter(hour => Timetable.parse(text).isOpen(local(`2026-11-21 ${two(hour)}:00`)));
    assert.deepEqual(open('18:00-05:00'), [0, 4, 18, 23]);
    assert.deepEqual(open('06:00-00:00'), [6, 17, 18, 23]);
  });

  it('is the whole day as 00:00-23:59, its last minute too, and with equal ends (BW-01, BW-06)', () => {
    const at = local('2026-11-21 23:59:59');
    for (const text of ['00:00-23:59', '00:00-00:00', '08:00-08:00', '00:00-24:00']) {
      const table = Timetable.parse(text, { allows24: true });
      assert.deepEqual(
        [table.isWholeDay, table.isAlways, table.isOpen(at), table.text],
        [true, true, true, '00:00-23:59'],
      );
      assert.deepEqual([table.closing(at), table.nextChange(at), table.nextOpening(at)], [Infinity, Infinity, at]);
    }
    const limited = Timetable.parse('00:00-23:59 1M');
    assert.deepEqual([limited.isWholeDay, limited.isAlways], [true, false]);
    assert.equal(Timetable.parse('00:01-23:59').isWholeDay, false);
    const saturday = Timetable.parse('Sat 08:00-08:00');
    assert.deepEqual([saturday.isOpen(local('2026-11-21 00:00')), saturday.isOpen(at + 1000)], [true, false]);
  });

  it('reads 24:00 as 00:00 where it is told to, as real task files have it (BW-05)', () => {
    const table = Timetable.parse('06:00-24:00', { allows24: true });
    assert.equal(table.closing(local('2026-11-21 12:00')), local('2026-11-22 00:00'));
    assert.equal(table.text, '06:00-00:00');
  });

  it('is as much shorter as the clock makes it, and not there when the clock jumps over it (BW-07)', () =>
    inTimeZone('Europe/Berlin', () => {
      const night = Timetable.parse('01:00-04:00');
      assert.equal(night.closing(local('2026-03-29 01:00')) - local('2026-03-29 01:00'), 2 * HOUR);
      assert.equal(night.closing(local('2026-10-25 01:00')) - local('2026-10-25 01:00'), 4 * HOUR);
      const next = (text: string) => Timetable.parse(text).nextOpening(local('2026-03-29 01:00'));
      assert.equal(next('02:30-03:15'), local('2026-03-29 03:00'));
      assert.equal(next('02:15-02:45'), local('2026-03-30 02:15'));
      assert.equal(next('Sun 02:15-02:45'), local('2026-04-05 02:15'));
    }));

  it('belongs to the day on which it starts when it crosses midnight (BW-02)', () => {
    const table = Timetable.parse('Fri 22:00-06:00');
    assert.deepEqual(
      ['2026-11-20 05:00', '2026-11-20 22:00', '2026-11-21 05:59', '2026-11-21 06:00', '2026-11-21 22:00'].map(at =>
        table.isOpen(local(at)),
      ),
      [false, true, true, false, false],
    );
  });

  it('knows days by their names, in any case, alone, in lists and in ranges that may go over Sunday', () => {
    const texts = {
      'Mon 01:00-02:00': 'Mon 01:00-02:00',
      'monday,WED , fri 01:00-02:00': 'Mon,Wed,Fri 01:00-02:00',
      'Fri-Mon 01:00-02:00': 'Mon,Fri-Sun 01:00-02:00',
      'sat,sun 01:00-02:00': 'Sat,Sun 01:00-02:00',
      'mon-sun 01:00-02:00': '01:00-02:00',
      'Tue-Tue 08:00-08:00': 'Tue 00:00-23:59',
    };
    for (const [text, canonical] of Object.entries(texts)) assert.equal(Timetable.parse(text).text, canonical);
  });

  it('knows rates as rclone writes them', () => {
    const rates = {
      512: 512 * 1024,
      '100B': 100,
      '1.5M': 1.5 * 1024 ** 2,
      '2KiB': 2048,
      '1gi': 1024 ** 3,
      '1T': 1024 ** 4,
    };
    for (const [text, bytes] of Object.entries(rates)) {
      assert.equal(Timetable.parse(`01:00-02:00 ${text}`).rate(local('2026-11-20 01:00')), bytes, text);
    }
    assert.equal(Timetable.parse('01:00-02:00 off').text, '01:00-02:00');
    assert.equal(Timetable.parse('01:00-02:00 1536k').text, '01:00-02:00 1536K');
  });

  it('says where it cannot be read, and why', () => {
    const problems = {
      '': 'character 1: an entry is missing: [DAYS ]HH:MM-HH:MM[ RATE]',
      'Mon 01:00-02:00; 25:00-02:00': 'character 18: "25:00" is no time of day (00:00 … 23:59)',
      '01:00-8:00': 'character 7: "8:00" is no time of day (00:00 … 23:59)',
      '06:00-24:00': 'character 7: "24:00" is no time of day: write 00:00',
      '01:00': 'character 6: "-" and the end of the window are missing',
      'Mon-Fry 01:00-02:00': 'character 5: "Fry" is no day (Mon … Sun)',
      'Mon, 01:00-02:00': 'character 6: "01:00" is no day (Mon … Sun)',
      '01:00-02:00 fast': 'character 13: "fast" is no rate (512K, 1.5M, off)',
      '01:00-02:00 0': 'character 13: "0" is no rate: leave the hours out instead',
      '01:00-02:00 99999999T': 'character 13: "99999999T" is too much',
      '01:00-02:00 1M 03:00-04:00': 'character 16: "03:00-04:00" is too much here: ";" parts entries',
      '01:00-02:00;': 'character 13: an entry is missing: [DAYS ]HH:MM-HH:MM[ RATE]',
      [`${'x'.repeat(30)} 01:00-02:00`]: `character 1: "${'x'.repeat(20)}…" is no day (Mon … Sun)`,
      [' '.repeat(1001)]: 'character 1001: more than 1000 characters',
      [Array.from({ length: 51 }, () => '01:00-02:00').join(';')]: 'character 601: more than 50 entries',
    };
    for (const [text, message] of Object.entries(problems)) {
      assert.throws(
        () => Timetable.parse(text),
        error => error instanceof TimetableError && error.message === message,
        `${text}: ${message}`,
      );
    }
  });

  it('reads itself', () => {
    fc.assert(
      fc.property(entries, said => {
        const { text } = Timetable.parse(write(said));
        assert.equal(Timetable.parse(text).text, text);
      }),
    );
  });

  for (const zone of ZONES) {
    it(`is open, with the rate of the first entry, when the wall clock is in one, in ${zone} (BW-07)`, () =>
      inTimeZone(zone, () =>
        fc.assert(
          fc.property(entries, fc.oneof(moment, nearChange), (said, at) => {
            const table = Timetable.parse(write(said));
            const now = rateByTheClock(said, at);
            assert.equal(table.rate(at), now === Infinity ? undefined : now);
            assert.equal(table.isOpen(at), now > 0);
            assert.equal(
              table.nextOpening(at),
              firstMinute(said, at, rate => rate > 0),
            );
            assert.equal(
              table.closing(at),
              firstMinute(said, at, rate => rate === 0),
            );
            assert.equal(
              table.nextChange(at),
              firstMinute(said, at, rate => rate !== now),
            );
          }),
          { numRuns: 40 },
        ),
      ));

    it(`shows a period that holds the moment or comes after it, in ${zone} (BA-01)`, () =>
      inTimeZone(zone, () =>
        fc.assert(
          fc.property(entries, fc.oneof(moment, nearChange), (said, at) => {
            const table = Timetable.parse(write(said));
            const { opens, closes } = table.period(at);
            assert.ok(closes > at && closes > opens);
            assert.equal(opens <= at, table.isOpen(at));
            if (table.isWholeDay) return;
            assert.deepEqual(
              [table.isOpen(opens), table.isOpen(opens - 1), table.isOpen(closes)],
              [true, false, false],
            );
            assert.equal(table.closing(opens), closes);
          }),
        ),
      ));

    it(`lists its periods of a fortnight, one after the other, in ${zone}`, () =>
      inTimeZone(zone, () =>
        fc.assert(
          fc.property(entries, fc.oneof(moment, nearChange), fc.nat(14 * DAY), (said, from, length) => {
            const table = Timetable.parse(write(said));
            const found = table.periods(from, from + length);
            const rateAt = (at: number) => {
              const period = found.find(({ opens, closes }) => opens <= at && at < closes);
              return period ? (period.rate ?? Infinity) : 0;
            };
            for (let at = from; at < from + length; at += 37 * MINUTE)
              assert.equal(rateAt(at), rateByTheClock(said, at));
            for (const { opens, closes } of found)
              assert.ok(from <= opens && opens < closes && closes <= from + length);
          }),
          { numRuns: 40 },
        ),
      ));
  }

  it('says the nearest single window, whose slow hours are closed, for nodes that know no other (decision 6)', () => {
    const nearest = {
      [OFFICE]: '00:00-08:00',
      '22:00-06:00': '22:00-06:00',
      '00:00-23:59': '00:00-23:59',
      'Sat,Sun 00:00-00:00': '00:00-23:59',
      'Mon-Sat 01:00-05:00; Sun 01:00-09:00': '01:00-05:00',
      '00:00-06:00 10M; 06:00-00:00 1M': '00:00-06:00',
      'Mon 01:00-02:00; Tue 03:00-05:00': '01:00-02:00',
      '01:00-03:00; 12:00-14:00': '01:00-03:00',
    };
    for (const [text, window] of Object.entries(nearest))
      assert.equal(Timetable.parse(text).nearestWindow(), window, text);
  });

  it('has no window that differs in fewer minutes of a week', () => {
    fc.assert(
      fc.property(entries, said => {
        const table = Timetable.parse(write(said));
        const week = Array.from({ length: 7 * 24 * 60 }, (_, minute) => local('2026-06-01 00:00') + minute * MINUTE);
        const rates = week.map(at => rateByTheClock(said, at));
        const greatest = Math.max(...rates);
        const differs = (hours: string) =>
          week.filter(
            (at, index) => rateByTheClock([[undefined, hours, undefined]], at) > 0 !== (rates[index] === greatest),
          ).length;
        const ends = new Set(
          [...week.keys()].filter(index => rates[index] !== rates.at(index - 1)).map(index => index % 1440),
        );
        const times = [...ends].map(minute => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`);
        const best = Math.min(
          ...times.flatMap(start => times.map(end => differs(`${start}-${end}`))),
          differs('00:00-00:00'),
        );
        if (times.length <= 6) assert.equal(differs(table.nearestWindow()), best);
      }),
      { numRuns: 20 },
    );
  });
});
