import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { TaskRow, TasksPage } from '../../src/api/rest/shapes.ts';
import { bytesText, percentText, rateText, widthOf } from '../../src/console/browser/format.ts';
import { addDays, clockOf, momentText } from '../../src/console/browser/moment.ts';
import { isNext, patched } from '../../src/console/browser/patch.ts';
import { readRate } from '../../src/console/browser/rate-input.ts';
import { routeOf, taskApi, taskPath } from '../../src/console/browser/route.ts';
import { offsetOf } from '../../src/console/browser/text-place.ts';
import { minuteText, week } from '../../src/console/browser/week.ts';
import { Timetable } from '../../src/task/timetable.ts';

const NOW = '2026-11-21T20:45:00+08:00';

describe('console: what is pure in it', () => {
  it('writes bytes in decimal units, without a 1000 of the smaller unit', () => {
    const cases: [number, string][] = [
      [0, '0 B'],
      [999, '999 B'],
      [1000, '1.0 kB'],
      [999_960, '1.0 MB'],
      [163_400_000, '163 MB'],
      [999_999_999, '1.0 GB'],
      [81_340_000_000, '81.3 GB'],
      [2_100_000_000_000, '2.1 TB'],
    ];
    for (const [bytes, text] of cases) assert.equal(bytesText(bytes), text);
    assert.deepEqual([rateText(0), rateText(118e6)], ['—', '118 MB/s']);
    fc.assert(fc.property(fc.nat(), bytes => !bytesText(bytes).startsWith('1000')));
  });

  it('says 100 % only of what is complete', () => {
    assert.equal(percentText(999_999, 1_000_000), '99.9%');
    assert.equal(percentText(1_000_000, 1_000_000), '100.0%');
    assert.equal(percentText(0, 0), '100%');
    assert.equal(widthOf(1, 0), '0%');
    assert.equal(widthOf(3, 2), '100.000%');
  });

  it("shows moments by the node's own clock, whatever the zone of the browser", () => {
    assert.equal(clockOf('2026-11-21T23:00:00-05:00'), '23:00');
    assert.equal(momentText('2026-11-21T23:00:00+08:00', NOW, 'en-GB'), '23:00');
    assert.match(momentText('2026-11-23T02:10:00+08:00', NOW, 'en-GB'), /^Mon,? 23 Nov 02:10$/);
    assert.equal(momentText('2025-11-23T02:10:00+08:00', NOW, 'en-GB'), '23 Nov 2025 02:10');
    assert.equal(momentText(null, NOW, 'en-GB'), '—');
    assert.equal(addDays('2028-02-28', 2), '2028-03-01');
  });

  it('cuts the open hours into days (BW-05)', () => {
    const night = { opens: '2026-11-21T22:30:00+08:00', closes: '2026-11-23T06:00:00+08:00', rate: 5 };
    const days = week([night, { opens: '2026-11-26T10:00:00+08:00', closes: null, rate: null }], NOW);
    assert.deepEqual(
      days.map(({ date, stretches }) => [date, ...stretches.map(({ from, to }) => minuteText(from) + minuteText(to))]),
      [
        ['2026-11-21', '22:3024:00'],
        ['2026-11-22', '00:0024:00'],
        ['2026-11-23', '00:0006:00'],
        ['2026-11-24'],
        ['2026-11-25'],
        ['2026-11-26', '10:0024:00'],
        ['2026-11-27', '00:0024:00'],
      ],
    );
  });

  it('reads limits as the configured hours do, and decimal units where they are spelled out', () => {
    for (const word of ['20M', '1.5M', '512K', '7', '3G', '20MiB', '100B'])
      assert.equal(
        readRate(word),
        Timetable.parse(`00:00-08:00 ${word}`).rate(new Date(2026, 10, 21, 1).getTime()),
        word,
      );
    assert.equal(readRate(' 20 MB/s '), 20_000_000);
    assert.deepEqual([readRate(''), readRate('0'), readRate('off')], [undefined, 0, 0]);
    for (const word of ['fast', '-1', '20X', '1e9', '99999999T']) assert.equal(readRate(word), Number.NaN, word);
  });

  it('finds its pages, and tasks of any name', () => {
    assert.deepEqual(routeOf('/'), { page: 'tasks' });
    assert.deepEqual(routeOf('/history'), { page: 'history' });
    for (const path of ['/nowhere', '/tasks/other/x', '/tasks/sent/a/b', '/tasks/sent/%E0', '/api/v1/tasks'])
      assert.deepEqual(routeOf(path), { page: 'unknown' }, path);
    for (const name of ['cfec-001-film.task.json', '影片 #1?/%.task.json']) {
      assert.deepEqual(routeOf(taskPath(`sent/${name}`)), { page: 'task', direction: 'sent', name });
      assert.ok(taskApi({ direction: 'sent', name }, 'retry').endsWith('/retry?direction=sent'));
    }
  });

  it('applies patches: changed fields, new tasks, tasks that have gone; a gap is seen', () => {
    const row = (id: string, left: number) => ({ id, left }) as TaskRow;
    const page = { node: { down: 1, name: 'n' }, tasks: [row('a', 3), row('b', 2)] } as unknown as TasksPage;
    const next = patched(page, { node: { down: 5 }, tasks: { a: null, b: { left: 1 }, c: row('c', 9) } });
    assert.deepEqual(next, { node: { down: 5, name: 'n' }, tasks: [row('b', 1), row('c', 9)] });
    assert.equal(patched(page, { tasks: { b: { left: 1 } } }).tasks[0], page.tasks[0]);
    assert.deepEqual([isNext(8, 7), isNext(9, 7), isNext(7, 7), isNext(1, Number.NaN)], [true, false, false, false]);
  });

  it('finds the place that line and column name', () => {
    const text = 'ab\ncdef\n';
    assert.equal(text[offsetOf(text, 2, 3)], 'e');
    assert.equal(offsetOf(text, 9, 1), text.length);
  });
});
