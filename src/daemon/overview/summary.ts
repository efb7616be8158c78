import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { NodeSummary } from '../../api/rest/shapes.ts';
import { VERSION } from '../../api/version.ts';
import type { Config } from '../../config/schema.ts';
import type { Method } from '../../core/method.ts';
import { formatIsoTime } from '../../core/units.ts';
import type { Timetable } from '../../task/timetable.ts';
import type { RateLimits } from '../../transfer/rate-limits.ts';
import type { ReceivedTasks } from '../received-tasks.ts';
import { perMethod, timeOrNull } from './row.ts';

export interface SummaryComponents {
  readonly current: () => Config;
  readonly rates: RateLimits['rates'];
  readonly ownTimetables: () => Readonly<Partial<Record<Method, Timetable>>>;
  /** That tasks follow. */
  readonly timetables: ReceivedTasks['timetables'];
}

export async function summaryOf(components: SummaryComponents, now: number): Promise<NodeSummary> {
  const { current, rates, ownTimetables, timetables } = components;
  const { servertype, receiverid, senderid, transferpath } = current();
  const moving = rates();
  const sum = (direction: 'down' | 'up') =>
    Math.round(moving.reduce((all, flow) => (flow.direction === direction ? all + flow.rate : all), 0));
  const followed = await timetables();
  const own = ownTimetables();
  const windowOf = (method: Method) => {
    const ours = own[method];
    return openingOf(ours ? [ours] : [...(followed.get(method) ?? [])], now);
  };
  return {
    name: (servertype === 'sender' ? senderid : receiverid) || hostname(),
    servertype,
    version: VERSION,
    now: formatIsoTime(now),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    down: sum('down'),
    up: sum('up'),
    windows: perMethod(windowOf),
    disk: await diskOf(transferpath),
  };
}

/**
 * `next`: when the first one opens, or the last one closes. Who follows no hours is open for ever; tasks that may move at any time say nothing of the
 * hours that others wait for.
 */
function openingOf(followed: readonly Timetable[], now: number): NodeSummary['windows'][Method] {
  const timetables = followed.filter(({ isAlways }) => !isAlways);
  const open = timetables.filter(timetable => timetable.isOpen(now));
  const next =
    open.length > 0
      ? Math.max(...open.map(timetable => timetable.closing(now)))
      : Math.min(...timetables.map(timetable => timetable.nextOpening(now)));
  return { open: open.length > 0 || timetables.length === 0, next: timeOrNull(next) };
}

/** A disk that is gone must not take the tasks out of sight; /readyz says that it is. */
async function diskOf(path: string): Promise<NodeSummary['disk']> {
  const { bavail, blocks, bsize } = await statfs(path).catch(() => ({ bavail: 0, blocks: 0, bsize: 0 }));
  return { free: bavail * bsize, size: blocks * bsize };
}
