import { asBftError } from '../core/errors.ts';
import { formatLocalTime } from '../core/units.ts';
import { scheduleReport } from './methods/showschedules.ts';
import type { NodeApi } from './node.ts';
import { METRICS_TYPE, metricsPage } from './metrics.ts';
import { METRICS_EXAMPLE } from './read-examples.ts';
import { PROTOCOL_VERSION } from './version.ts';

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
  readonly type: 'text/plain' | typeof METRICS_TYPE;
  readonly summary: string;
  /** An answer, as it may be. */
  readonly example: string;
  answer(node: NodeApi): string | Promise<string>;
}

/** The GET tools (BA rows), the first ones in literal quotes (C-46), and /metrics. */
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
    path: '/metrics',
    type: METRICS_TYPE,
    summary: 'For Prometheus.',
    example: METRICS_EXAMPLE,
    answer: metricsPage,
  },
];

async function reload(node: NodeApi): Promise<string> {
  try {
    await node.reload();
    return '"reload config.json ok."';
  } catch (error) {
    return `"${asBftError(error, 'CONFIG_INVALID', 'config.json').message}"`;
  }
}
