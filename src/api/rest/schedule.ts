import { type TSchema, Type } from 'typebox';
import { METHODS, type Method } from '../../core/method.ts';
import { formatIsoTime } from '../../core/units.ts';
import type { RatedPeriod, Timetable } from '../../task/timetable.ts';
import type { NodeApi, ScheduledShare, ScheduledTask } from '../node.ts';
import { SCHEDULE_EXAMPLE } from './examples.ts';
import { defineRoute, json } from './route.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
/** Of one method; those that most tasks follow. */
const MOST_TIMETABLES = 20;

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const moment = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
const rateOrNone = Type.Union([Type.Number(), Type.Null()]);
const period = Type.Object({ opens: moment, closes: moment, rate: rateOrNone });
const hours = { window: text, open: Type.Boolean(), periods: Type.Array(period) };
const methodHours = Type.Object({
  own: Type.Union([Type.Object(hours), Type.Null()]),
  timetables: Type.Array(Type.Object({ ...hours, tasks: count })),
  others: count,
});
const ofMethods = (schema: TSchema) => Object.fromEntries(METHODS.map(method => [method, schema]));
const share = Type.Object({
  window: text,
  open: Type.Boolean(),
  rate: count,
  bytes: count,
  total: count,
  opens: moment,
  closes: moment,
});
const page = Type.Object({
  now: Type.String({ format: 'date-time' }),
  zone: text,
  methods: Type.Object(ofMethods(methodHours)),
  tasks: Type.Array(
    Type.Object({
      name: text,
      state: text,
      ratio: text,
      policy: text,
      deadline: moment,
      forecast: moment,
      atrisk: Type.Boolean(),
      methods: Type.Object(ofMethods(Type.Optional(share))),
    }),
  ),
});

export const showSchedule = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/schedule',
    summary:
      'What waits and runs on the receiving side (the same as /showschedules): of each method the hours of the next seven days, its own ones of the node and those that tasks follow, each once; of each task its deadline, its forecast (null: not known) and whether it will miss the deadline. Rates are bytes per second, null: no limit.',
    answers: json(page, SCHEDULE_EXAMPLE),
  },
  ({ node }) => schedulePage(node),
);

/** Each timetable is spelled out once, however many tasks follow it. */
async function schedulePage(node: NodeApi): Promise<object> {
  const now = node.now();
  const tasks = await node.schedules();
  const own = node.ownTimetables();
  const methods = METHODS.map(method => [method, methodRow(method, now, tasks, own[method])] as const);
  return {
    now: formatIsoTime(now),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    methods: Object.fromEntries(methods),
    tasks: tasks.map(task => taskRow(task, now)),
  };
}

function methodRow(method: Method, now: number, tasks: readonly ScheduledTask[], own: Timetable | undefined): object {
  const followed = tasks.flatMap(({ methods }) => methods[method]?.window ?? []);
  const groups = [...Map.groupBy(followed, ({ text }) => text).values()].toSorted((a, b) => b.length - a.length);
  const timetables = groups.slice(0, MOST_TIMETABLES).flatMap(([timetable, ...others]) => {
    return timetable ? [{ ...week(timetable, now), tasks: others.length + 1 }] : [];
  });
  return { own: own ? week(own, now) : null, timetables, others: groups.length - timetables.length };
}

const week = (timetable: Timetable, now: number) => ({
  window: timetable.text,
  open: timetable.isOpen(now),
  periods: timetable.periods(now, now + WEEK_MS).map(periodRow),
});

const periodRow = ({ opens, closes, rate }: RatedPeriod) => ({
  opens: timeOrNull(opens),
  closes: timeOrNull(closes),
  rate: rate ?? null,
});

function taskRow({ name, isDownloading, deadline, forecast, isAtRisk, ...task }: ScheduledTask, now: number): object {
  const methods = METHODS.flatMap(method => {
    const share = task.methods[method];
    return share ? [[method, shareRow(share, now)] as const] : [];
  });
  return {
    name,
    state: isDownloading ? 'downloading' : 'queues',
    ratio: task.ratio,
    policy: task.policy,
    deadline: timeOrNull(deadline),
    forecast: timeOrNull(forecast.end),
    atrisk: isAtRisk,
    methods: Object.fromEntries(methods),
  };
}

function shareRow({ window, rate, bytes, total }: ScheduledShare, now: number): object {
  const { opens, closes } = window.period(now);
  return {
    window: window.text,
    open: window.isOpen(now),
    rate: Math.round(rate),
    bytes,
    total,
    opens: timeOrNull(opens),
    closes: timeOrNull(closes),
  };
}

/** Null: there is no such moment, or it is not known. */
const timeOrNull = (at: number | undefined): string | null =>
  at !== undefined && Number.isFinite(at) ? formatIsoTime(at) : null;
