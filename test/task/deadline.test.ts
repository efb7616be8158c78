import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { formatLocalTime } from '../../src/core/units.ts';
import { deadlineOf, parseDeadline } from '../../src/task/deadline.ts';
import { inTimeZone } from '../time-zone.ts';
import { realTask } from './examples.ts';

const moments = fc.integer({ min: Date.UTC(1970, 0, 3), max: Date.UTC(9999, 0, 1) }).map(ms => ms - (ms % 1000));

describe('task: a deadline', () => {
  it('is a local time with or without seconds (decision 12)', () => {
    const at = new Date(2026, 10, 27, 18, 0, 0).getTime();
    assert.deepEqual(parseDeadline('2026-11-27 18:00'), { text: '2026-11-27 18:00:00', at });
    assert.deepEqual(parseDeadline('2026-11-27 18:00:07'), { text: '2026-11-27 18:00:07', at: at + 7000 });
  });

  it('is read as it is written, in every zone', async () => {
    for (const zone of ['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe'])
      await inTimeZone(zone, () =>
        fc.assert(
          fc.property(moments, at => {
            const text = formatLocalTime(at);
            const read = parseDeadline(text);
            assert.deepEqual([read.text, formatLocalTime(read.at)], [text, text]);
          }),
          { numRuns: 200 },
        ),
      );
  });

  it('in an hour that the clock jumps over is as long after the jump: it is no mistake of the sender', () =>
    inTimeZone('Europe/Berlin', () => {
      const { text, at } = parseDeadline('2026-03-29 02:30');
      assert.deepEqual([text, formatLocalTime(at)], ['2026-03-29 02:30:00', '2026-03-29 03:30:00']);
    }));

  const WRONG: [text: string, problem: string][] = [
    ['2026-02-31 10:00', '2026-02 has no day 31'],
    ['2026-02-29 10:00', '2026-02 has no day 29'],
    ['2026-00-10 10:00', 'there is no month 0'],
    ['2026-13-10 10:00', 'there is no month 13'],
    ['2026-11-27 25:00', 'there is no hour 25'],
    ['2026-11-27 24:00', 'there is no hour 24'],
    ['2026-11-27 18:60', 'there is no minute 60'],
    ['2026-11-27 18:00:60', 'there is no second 60'],
    ['0026-11-27 18:00', 'the year 26 lies before 1970'],
    ['tomorrow', 'must be YYYY-MM-DD HH:MM[:SS], but has "t" at character 1'],
    ['2026-11-27T18:00', 'must be YYYY-MM-DD HH:MM[:SS], but has "T" at character 11'],
    ['2026-11-27', 'must be YYYY-MM-DD HH:MM[:SS], but has the end at character 11'],
    ['2026-11-27 18:00:', 'must be YYYY-MM-DD HH:MM[:SS], but has the end at character 18'],
    ['2026-11-27 18:00:00Z', 'must be YYYY-MM-DD HH:MM[:SS], but has "Z" at character 20'],
    ['27.11.2026 18:00', 'must be YYYY-MM-DD HH:MM[:SS], but has "." at character 3'],
  ];
  for (const [text, problem] of WRONG) {
    it(`${JSON.stringify(text)} is refused: ${problem}`, () => {
      const message = `"deadline" is ${JSON.stringify(text)}: ${problem}`;
      assert.throws(() => parseDeadline(text), { code: 'PARAMETER_INVALID', message });
      assert.equal(deadlineOf({ ...realTask(), deadline: text }), undefined);
    });
  }

  it('whatever the text, it is a time or a refusal that is short', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$/));
    fc.assert(
      fc.property(texts, text => {
        try {
          assert.ok(Number.isFinite(parseDeadline(text).at));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'PARAMETER_INVALID');
          assert.ok((error as Error).message.length < 400);
        }
      }),
    );
  });

  it('of a task is none when it has none', () => {
    assert.deepEqual([deadlineOf(realTask()), deadlineOf({ ...realTask(), deadline: '' })], [undefined, undefined]);
    const deadline = '2026-11-27 18:00:00';
    assert.equal(deadlineOf({ ...realTask(), deadline }), new Date(2026, 10, 27, 18).getTime());
  });
});
