import assert from 'node:assert/strict';
import type { NodeApi, ScheduledTask } from '../../src/api/node.ts';
import type { Method } from '../../src/core/method.ts';
import { Timetable } from '../../src/task/timetable.ts';
import { inTimeZone } from '../time-zone.ts';
import { startApi } from './harness.ts';

const ZONE = 'Asia/Shanghai';
const at = (time: string) => Date.parse(`${time}+08:00`);
const NOW = '2026-11-21T12:00:00';
const share = (text: string, bytes = 0, total = 100, rate = 0) => ({
  window: Timetable.parse(text),
  bytes,
  total,
  rate,
});
const task = (name: string, changes: Partial<ScheduledTask> = {}): ScheduledTask => ({
  name: `cfec-001-${name}.task.json`,
  isDownloading: true,
  ratio: '0:0:1',
  policy: 'priortime',
  deadline: undefined,
  forecast: { end: undefined, earliest: at(NOW) },
  isAtRisk: false,
  methods: { cdn: share('22:00-06:00') },
  ...changes,
});

interface Week {
  window: string;
  open: boolean;
  periods: { opens: string; closes: string; rate: number | null }[];
}
interface Page {
  now: string;
  zone: string;
  methods: Record<Method, { own: Week | null; timetables: (Week & { tasks: number })[]; others: number }>;
  tasks: unknown[];
}

describe('GET /api/v1/schedule', () => {
  const text = (tasks: readonly ScheduledTask[], parts: Partial<NodeApi> = {}) =>
    inTimeZone(ZONE, async () => {
      const api = await startApi({ now: () => at(NOW), schedules: () => Promise.resolve(tasks), ...parts });
      try {
        const answer = await api.send({ path: '/api/v1/schedule' });
        assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/json; charset=utf-8']);
        return answer.text;
      } finally {
        await api.stop();
      }
    });
  const page = async (...given: Parameters<typeof text>) => JSON.parse(await text(...given)) as Page;

  it('has the time, its zone, and nothing else where there is nothing (BA-01)', async () => {
    const none = { own: null, timetables: [], others: 0 };
    assert.deepEqual(await page([]), {
      now: '2026-11-21T12:00:00+08:00',
      zone: ZONE,
      methods: { bt: none, obs: none, cdn: none },
      tasks: [],
    });
  });

  it('has of a task what is asked: deadline, forecast, risk, and of each method its hours, bytes and rate', async () => {
    const film = task('film', {
      ratio: '1:0:1',
      deadline: at('2026-11-22T18:00:00'),
      forecast: { end: at('2026-11-23T02:10:00'), earliest: at('2026-11-23T02:10:00') },
      isAtRisk: true,
      methods: { bt: share('09:00-13:00', 5, 50, 1234.6), cdn: share('22:00-06:00', 0, 100) },
    });
    const { tasks } = await page([film, task('other', { isDownloading: false, policy: 'fulltime', methods: {} })]);
    assert.deepEqual(tasks, [
      {
        name: 'cfec-001-film.task.json',
        state: 'downloading',
        ratio: '1:0:1',
        policy: 'priortime',
        deadline: '2026-11-22T18:00:00+08:00',
        forecast: '2026-11-23T02:10:00+08:00',
        atrisk: true,
        methods: {
          bt: {
            window: '09:00-13:00',
            open: true,
            rate: 1235,
            bytes: 5,
            total: 50,
            opens: '2026-11-21T09:00:00+08:00',
            closes: '2026-11-21T13:00:00+08:00',
          },
          cdn: {
            window: '22:00-06:00',
            open: false,
            rate: 0,
            bytes: 0,
            total: 100,
            opens: '2026-11-21T22:00:00+08:00',
            closes: '2026-11-22T06:00:00+08:00',
          },
        },
      },
      {
        name: 'cfec-001-other.task.json',
        state: 'queues',
        ratio: '0:0:1',
        policy: 'fulltime',
        deadline: null,
        forecast: null,
        atrisk: false,
        methods: {},
      },
    ]);
  });

  it('spells each timetable out once for the next seven days, with how many tasks follow it, the most followed first', async () => {
    const slow = 'Mon-Fri 20:00-22:00 1M; Sat,Sun 00:00-00:00';
    const { methods } = await page([task('a', { methods: { cdn: share(slow) } }), task('b'), task('c')]);
    const [night, days] = methods.cdn.timetables;
    assert.deepEqual([night?.window, night?.tasks, night?.open, night?.periods.length], ['22:00-06:00', 2, false, 7]);
    assert.deepEqual(night?.periods[0], {
      opens: '2026-11-21T22:00:00+08:00',
      closes: '2026-11-22T06:00:00+08:00',
      rate: null,
    });
    assert.deepEqual([days?.tasks, days?.open, methods.cdn.others], [1, true, 0]);
    const last = days?.periods.at(-1);
    assert.deepEqual([last?.opens, last?.closes], ['2026-11-28T00:00:00+08:00', '2026-11-28T12:00:00+08:00']);
    assert.ok(days?.periods.some(({ rate }) => rate === 1024 * 1024));
  });

  it("has the node's own hours, whether or not a task follows them", async () => {
    const own = { obs: Timetable.parse('01:00-05:00') };
    const { methods } = await page([], { ownTimetables: () => own });
    assert.deepEqual(
      [methods.bt.own, methods.obs.own?.window, methods.obs.own?.periods.length],
      [null, '01:00-05:00', 7],
    );
  });

  it('has times with their offset and numbers as numbers, to the byte', async () => {
    const json = await text([task('film', { deadline: at('2026-11-22T18:00:00') })]);
    for (const [time] of json.matchAll(/"20\d\d-[^"]*"/g))
      assert.match(time, /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00"$/);
    assert.match(json, /"rate":0,"bytes":0,"total":100,/);
  });

  it('is small with 500 tasks, and stays so if each has hours of its own', async () => {
    const all = { bt: share('22:00-06:00'), obs: share('22:00-06:00'), cdn: share('22:00-06:00') };
    const alike = await text(Array.from({ length: 500 }, (_, n) => task(`film${n}`, { methods: all })));
    assert.ok(alike.length < 500 * 800 + 10_000, String(alike.length));
    const two = (n: number) => String(n).padStart(2, '0');
    const own = (n: number) => ({ cdn: share(`${two(n % 24)}:${two(Math.floor(n / 24))}-${two(n % 24)}:59`) });
    const different = Array.from({ length: 500 }, (_, n) => task(`film${n}`, { methods: own(n) }));
    const { methods } = JSON.parse(await text(different)) as Page;
    assert.deepEqual([methods.cdn.timetables.length, methods.cdn.others], [20, 480]);
  });
});
