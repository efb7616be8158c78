import { formatLocalZone } from '../../core/local-zone.ts';
import { METHODS, type Method } from '../../core/method.ts';
import { formatLocalTime } from '../../core/units.ts';
import type { ScheduledTask } from '../node.ts';

const SUFFIX = /\.task\.json$/;
const REPORTED: readonly Method[] = ['bt', 'cdn', 'obs'];

/**
 * GET /showschedules, BA-01, BA-02 (4.3.13): what waits and runs on the receiving side, in the lines and words of the original. Tasks of policy
 * fulltime stand under the downloads only. The number after a method is the bytes per second that it moves now (decision 8).
 */
export function scheduleReport(now: number, tasks: readonly ScheduledTask[]): string {
  const scheduled = tasks.filter(({ policy }) => policy === 'priortime');
  const lines = [
    `Now: ${formatLocalTime(now)}`,
    'Scheduls by Methods:',
    ...REPORTED.flatMap(method => methodLines(method, now, scheduled)),
    'Schedules by TaskNames:',
    ...scheduled.flatMap(task => taskLines(task, now)),
    'All Current Downloading:',
    ...tasks.filter(({ isDownloading }) => isDownloading).map(downloadLine),
  ];
  return `${lines.join('\n')}\n`;
}

function methodLines(method: Method, now: number, tasks: readonly ScheduledTask[]): string[] {
  const lines: string[] = [];
  let next = Infinity;
  for (const { name, methods } of tasks) {
    const window = methods[method]?.window;
    if (!window) continue;
    const { opens, closes } = window.period(now);
    lines.push(`${bare(name)} priortime: ${startAndStop(opens, closes)}`);
    next = Math.min(next, opens > now ? opens : window.nextOpening(closes));
  }
  const runtime = next === Infinity ? ' no schedule' : formatLocalTime(next);
  return [`${method} schedules`, ...lines, `${method} next runtime:${runtime}`];
}

function taskLines({ name, methods }: ScheduledTask, now: number): string[] {
  const line = (method: Method) => {
    const period = methods[method]?.window.period(now);
    return `${method} priortime: ${period ? startAndStop(period.opens, period.closes) : 'none'}`;
  };
  return [bare(name), ...REPORTED.map(line)];
}

function downloadLine({ name, ratio, policy, methods }: ScheduledTask): string {
  const parts = METHODS.flatMap(method => {
    const share = methods[method];
    if (!share) return [];
    const window = policy === 'priortime' ? ` ${share.window.text}` : '';
    return [` ${method}: ${Math.round(share.rate)}${window}`];
  });
  return `${bare(name)} bt:obs:cdn = ${ratio} ${policy}${parts.join('')}`;
}

function startAndStop(opens: number, closes: number): string {
  const time = (at: number) => `${formatLocalTime(at)} ${formatLocalZone(at)}`;
  return `start: ${time(opens)} stop: ${time(closes)}`;
}

const bare = (name: string) => name.replace(SUFFIX, '');
