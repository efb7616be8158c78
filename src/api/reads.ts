import { asBftError } from '../core/errors.ts';
import { formatLocalTime } from '../core/units.ts';
import { scheduleReport } from './methods/showschedules.ts';
import type { MakingEntry, NodeApi } from './node.ts';
import { eventsPage } from './events.ts';
import { METRICS_TYPE, metricsPage } from './metrics.ts';
import { EVENTS_EXAMPLE, METRICS_EXAMPLE, SCHEDULE_EXAMPLE } from './read-examples.ts';
import { schedulePage } from './schedule.ts';
import { torrentsPage } from './torrents.ts';
import { VERSION } from './version.ts';

/** Version of the protocol, as the original answers it (decision 7). */
const PROTOCOL_VERSION = '2.001';

const SCHEDULE = `Now: 2021-05-28 22:33:57
Scheduls by Methods:
bt schedules
bt next runtime: no schedule
cdn schedules
cfec-001-film priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
cdn next runtime:2021-05-28 22:34:00
obs schedules
obs next runtime: no schedule
Schedules by TaskNames:
cfec-001-film
bt priortime: none
cdn priortime: start: 2021-05-28 22:34:00 +0800 CST stop: 2021-05-28 22:37:00 +0800 CST
obs priortime: none
All Current Downloading:
cfec-001-film bt:obs:cdn = 0:0:1 priortime cdn: 0 22:34-22:37
`;

/** Something to GET. */
export interface ApiRead {
  readonly path: string;
  readonly type: 'text/plain' | 'application/json' | typeof METRICS_TYPE;
  readonly summary: string;
  /** What may follow the `?`, with its meaning. */
  readonly query?: Readonly<Record<string, string>>;
  /** An answer, as it may be. */
  readonly example: unknown;
  answer(node: NodeApi, query: URLSearchParams): unknown;
}

/** The GET tools (BA rows), the first ones in literal quotes (C-46), and our own under /api/v1. */
export const READS: readonly ApiRead[] = [
  {
    path: '/heartbeat',
    type: 'text/plain',
    summary: 'Says that the daemon lives, and its local time (BA-04).',
    example: '"2021-05-28 22:32:26 is living."',
    answer: node => `"${formatLocalTime(node.now())} is living."`,
  },
  {
    path: '/version',
    type: 'text/plain',
    summary: 'The version of the protocol (BA-05).',
    example: PROTOCOL_VERSION,
    answer: () => PROTOCOL_VERSION,
  },
  {
    path: '/reloadconf',
    type: 'text/plain',
    summary: 'Reads the configuration again, or says in quotes why not; then the old one stays (BA-03).',
    example: '"reload config.json ok."',
    answer: reload,
  },
  {
    path: '/showschedules',
    type: 'text/plain',
    summary: 'What waits and runs on the receiving side, and when its windows open (BA-01).',
    example: SCHEDULE,
    answer: async node => scheduleReport(node.now(), await node.schedules()),
  },
  {
    path: '/api/v1/status',
    type: 'application/json',
    summary: "The software's own version, the role of the node and its BitTorrent port.",
    example: { version: VERSION, protocol: PROTOCOL_VERSION, servertype: 'receiver', btport: 6881 },
    answer: node => ({
      version: VERSION,
      protocol: PROTOCOL_VERSION,
      servertype: node.serverType,
      btport: node.btPort(),
    }),
  },
  {
    path: '/api/v1/torrents',
    type: 'application/json',
    summary: 'What the BitTorrent engine fetches and serves: peers, rates (bytes/s), percent done and available.',
    example: { torrents: [] },
    answer: node => torrentsPage(node.torrents()),
  },
  {
    path: '/api/v1/makings',
    type: 'application/json',
    summary:
      'The tasks that are being made: bytes read, rate (bytes/s), seconds left (null while nothing moves); and those whose last making failed, with the reason.',
    example: {
      makings: [
        {
          name: 'cfec-001-film.task.json',
          taskfile: '/data/sender/tmp/cfec-001-film.task.json',
          dcppath: '/data/dcp/cfec-001/dcps/film',
          bytes: 52428800000,
          total: 209715200000,
          rate: 524288000,
          left: 300,
          failure: null,
        },
      ],
    },
    answer: node => ({ makings: (node.makings?.() ?? []).map(makingRow) }),
  },
  {
    path: '/api/v1/schedule',
    type: 'application/json',
    summary:
      'What waits and runs on the receiving side (the same as /showschedules): of each method the hours of the next seven days, its own ones of the node and those that tasks follow, each once; of each task its deadline, its forecast (null: not known) and whether it will miss the deadline. Rates are bytes per second, null: no limit.',
    example: SCHEDULE_EXAMPLE,
    answer: schedulePage,
  },
  {
    path: '/api/v1/events',
    type: 'application/json',
    summary:
      'The latest 500 events, oldest first, numbered from 1 since the daemon started: `TASK_STATE` (a task came, moved or went), `TASK_CONTROL` (an operator paused, resumed, tried again, cancelled or gave one), `DEADLINE_AT_RISK`, `DEADLINE_ON_TIME`.',
    query: { since: 'only those with a greater number' },
    example: EVENTS_EXAMPLE,
    answer: eventsPage,
  },
  {
    path: '/metrics',
    type: METRICS_TYPE,
    summary: 'For Prometheus.',
    example: METRICS_EXAMPLE,
    answer: metricsPage,
  },
];

function makingRow({ left, failure, ...entry }: MakingEntry): Record<string, unknown> {
  const why = failure && { code: failure.code, desc: failure.message, next: failure.next };
  return { ...entry, left: left ?? null, failure: why ?? null };
}

async function reload(node: NodeApi): Promise<string> {
  try {
    await node.reload();
    return '"reload config.json ok."';
  } catch (error) {
    return `"${asBftError(error, 'CONFIG_INVALID', 'config.json').message}"`;
  }
}
