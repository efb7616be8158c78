import assert from 'node:assert/strict';
import { scheduleReport } from '../../src/api/methods/showschedules.ts';
import type { ScheduledTask } from '../../src/api/node.ts';
import { formatLocalZone } from '../../src/core/local-zone.ts';
import { Timetable } from '../../src/task/timetable.ts';
import { inTimeZone } from '../time-zone.ts';
import { startApi } from './harness.ts';

const at = (time: string) => new Date(`2021-05-28T${time}`).getTime();
const share = (text: string, rate = 0) => ({
  window: text === '' ? Timetable.always : Timetable.parse(text),
  rate,
  bytes: 0,
  total: 1,
});
const task = (name: string, changes: Partial<ScheduledTask> = {}): ScheduledTask => ({
  name: `cfec-001-${name}.task.json`,
  isDownloading: true,
  ratio: '0:0:1',
  policy: 'priortime',
  deadline: undefined,
  forecast: { end: undefined, earliest: 0 },
  isAtRisk: false,
  methods: { cdn: share('22:34-22:37') },
  ...changes,
});
/** The two tasks of the original's sample. */
const sample = [
  task('xiaofang7', { ratio: '0:1:1', methods: { obs: share('22:34-22:37'), cdn: share('22:34-22:37') } }),
  task('xiaofang9'),
];

const EMPTY = `Now: 2021-05-28 22:33:57
Scheduls by Methods:
bt schedules
bt next runtime: no schedule
cdn schedules
cdn next runtime: no schedule
obs schedules
obs next runtime: no schedule
Schedules by TaskNames:
All Current Downloading:
`;

const SAMPLE = `Now: 2021-05-28 22:33:57
Scheduls by Methods:
bt schedules
bt next runtime: no schedule
cdn schedules
cfec-001-xiaofang7 priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
cfec-001-xiaofang9 priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
cdn next runtime:2021-05-28 22:34:00
obs schedules
cfec-001-xiaofang7 priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
obs next runtime:2021-05-28 22:34:00
Schedules by TaskNames:
cfec-001-xiaofang7
bt priortime: none
cdn priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
obs priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
cfec-001-xiaofang9
bt priortime: none
cdn priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
obs priortime: none
All Current Downloading:
cfec-001-xiaofang7 bt:obs:cdn = 0:1:1 priortime obs: 0 22:34-22:37 cdn: 0 22:34-22:37
cfec-001-xiaofang9 bt:obs:cdn = 0:0:1 priortime cdn: 0 22:34-22:37
`;

describe('api: GET /showschedules', () => {
  const report = (tasks: readonly ScheduledTask[], now = '22:33:57') =>
    inTimeZone('Asia/Shanghai', () => scheduleReport(at(now), tasks));
  const line = async (text: Promise<string>, start: string) => {
    const lines = (await text).split('\n');
    return lines.find(found => found.startsWith(start));
  };

  it("BA-01, BA-02 says what the document's sample says, line by line", () =>
    inTimeZone('Asia/Shanghai', () => assert.equal(scheduleReport(at('22:33:57'), sample), SAMPLE)));

  it('BA-01 has all headings when there is nothing', async () => assert.equal(await report([]), EMPTY));

  it('decision 8: the number is the bytes per second that a method moves now', async () => {
    const moving = task('film', { ratio: '2:1:1', methods: { bt: share('', 1234.6), cdn: share('22:34-22:37', 0) } });
    assert.equal(
      await line(report([moving]), 'cfec-001-film bt:obs:cdn'),
      'cfec-001-film bt:obs:cdn = 2:1:1 priortime bt: 1235 00:00-23:59 cdn: 0 22:34-22:37',
    );
  });

  it('BW-03 a task of policy fulltime has no schedule, only a download', async () => {
    const methods = { bt: share('22:34-22:37', 5), obs: share('22:34-22:37', 7) };
    const text = await report([task('film', { policy: 'fulltime', ratio: '1:1:0', methods })]);
    assert.equal(text, `${EMPTY}cfec-001-film bt:obs:cdn = 1:1:0 fulltime bt: 5 obs: 7\n`);
  });

  it('BA-01 a task that waits in the queue is scheduled, and is no download', async () => {
    const text = await report([task('film', { isDownloading: false })]);
    assert.match(text, /^cdn next runtime:2021-05-28 22:34:00$/m);
    assert.match(text, /\nAll Current Downloading:\n$/);
  });

  it('BW-02 a window that is open shows its present hours; the method runs next when it opens next', async () => {
    const night = report([task('film', { methods: { cdn: share('18:00-05:00') } })]);
    assert.equal(
      await line(night, 'cfec-001-film priortime'),
      'cfec-001-film priortime: start: 2021-05-28 18:00:00 +0800 CST stop: 2021-05-29 05:00:00 +0800 CST',
    );
    assert.equal(await line(night, 'cdn next'), 'cdn next runtime:2021-05-29 18:00:00');
  });

  it('BA-01 of several windows a day the present or the next one is shown', async () => {
    const two = [task('film', { methods: { cdn: share('08:00-09:00; Fri-Sun 22:00-23:00 1M') } })];
    const evening = 'cfec-001-film priortime: start: 2021-05-28 22:00:00 +0800 CST stop: 2021-05-28 23:00:00 +0800 CST';
    for (const now of ['12:00:00', '22:33:57']) {
      assert.equal(await line(report(two, now), 'cfec-001-film priortime'), evening);
    }
    assert.equal(await line(report(two, '12:00:00'), 'cdn next'), 'cdn next runtime:2021-05-28 22:00:00');
    assert.equal(await line(report(two), 'cdn next'), 'cdn next runtime:2021-05-29 08:00:00');
    assert.equal(
      await line(report(two), 'cfec-001-film bt:obs:cdn'),
      'cfec-001-film bt:obs:cdn = 0:0:1 priortime cdn: 0 08:00-09:00; Fri-Sun 22:00-23:00 1M',
    );
  });

  it('BW-01 a whole day is shown from one start to the next', async () => {
    const all = report([task('film', { methods: { cdn: share('00:00-23:59') } })]);
    assert.equal(
      await line(all, 'cfec-001-film priortime'),
      'cfec-001-film priortime: start: 2021-05-28 00:00:00 +0800 CST stop: 2021-05-29 00:00:00 +0800 CST',
    );
    assert.equal(await line(all, 'cdn next'), 'cdn next runtime:2021-05-29 00:00:00');
  });

  it('BA-01 a method runs next when the first of its tasks does', async () => {
    const two = [
      task('a', { methods: { cdn: share('23:30-23:40') } }),
      task('b', { methods: { cdn: share('23:00-01:00') } }),
    ];
    assert.equal(await line(report(two), 'cdn next'), 'cdn next runtime:2021-05-28 23:00:00');
    assert.equal(await line(report(two, '23:10:00'), 'cdn next'), 'cdn next runtime:2021-05-28 23:30:00');
  });

  it('F-017 comes as plain text', async () => {
    const api = await startApi({ now: () => at('22:33:57'), schedules: () => Promise.resolve([]) });
    const { status, headers, text } = await api.send({ path: '/showschedules' });
    await api.stop();
    assert.deepEqual([status, headers['content-type'], text], [200, 'text/plain; charset=utf-8', EMPTY]);
  });

  for (const [zone, winter, summer] of [
    ['Asia/Shanghai', '+0800 CST', '+0800 CST'],
    ['UTC', '+0000 UTC', '+0000 UTC'],
    ['Europe/Berlin', '+0100 CET', '+0200 CEST'],
    ['America/New_York', '-0500 EST', '-0400 EDT'],
    ['Etc/GMT-6', '+0600 +0600', '+0600 +0600'],
  ] as const) {
    it(`BA-01 names the zone ${zone}`, () =>
      inTimeZone(zone, () => {
        const zones = [Date.UTC(2021, 0, 15), Date.UTC(2021, 6, 15)].map(formatLocalZone);
        assert.deepEqual(zones, [winter, summer]);
      }));
  }
});
