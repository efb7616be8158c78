import type { MethodView } from '../../api/node.ts';
import type { EventRow, TaskDetail, TaskRow } from '../../api/rest/shapes.ts';
import type { TorrentView } from '../../api/torrents.ts';
import type { TaskEvent } from '../../core/events.ts';
import { METHODS, type Method } from '../../core/method.ts';
import { shownUrl } from '../../core/shown-url.ts';
import { formatIsoTime } from '../../core/units.ts';
import type { TaskFile } from '../../task/task-file.ts';
import { isPriortime } from '../../task/task-timetable.ts';
import type { RatedPeriod, Timetable } from '../../task/timetable.ts';
import type { Limits } from '../../transfer/rate-limits.ts';
import { perMethod } from './row.ts';

const DAY_MS = 24 * 3_600_000;
/** So many are shown of a task. */
const MOST_EVENTS = 100;

type Share = TaskDetail['methods'][Method];
/** What of a method's share is not its bytes and rate. */
export type MethodFacts = Pick<MethodView, 'state' | 'wasted' | 'sources' | 'wastedby' | 'trouble'>;

export interface DetailParts {
  readonly row: TaskRow;
  /** Undefined while it is being made. */
  readonly task: TaskFile | undefined;
  readonly taskfile: string;
  readonly dcppath: string;
  readonly facts: (method: Method) => MethodFacts;
  /** When the method may move; undefined: no hours count. */
  readonly timetable: (method: Method) => Timetable | undefined;
  readonly limits: Limits;
  readonly deletable: number;
  readonly pieces: TaskDetail['pieces'];
  readonly torrent: TorrentView | undefined;
  readonly events: readonly TaskEvent[];
  readonly hasReport: boolean;
}

export function taskDetail(parts: DetailParts, now: number): TaskDetail {
  const { row, task, torrent, limits } = parts;
  return {
    ...row,
    methods: sharesOf(parts, now),
    taskfile: parts.taskfile,
    dcppath: parts.dcppath,
    files: task?.filelist.length ?? 0,
    tracker: task?.bt.tracker ? shownUrl(task.bt.tracker) : '',
    infohash: task?.bt.infohash ?? torrent?.infoHash ?? '',
    limits: { down: limits.down, up: limits.up },
    deletable: parts.deletable,
    pieces: parts.pieces,
    peers: torrent ? peersOf(torrent) : [],
    events: eventsOf(parts.events, row),
    report: parts.hasReport,
  };
}

function sharesOf({ row, task, facts, timetable }: DetailParts, now: number): Record<Method, Share> {
  const all = METHODS.reduce((sum, method) => sum + row.methods[method].total, 0);
  const came = METHODS.reduce((sum, method) => sum + row.methods[method].bytes, 0);
  return perMethod(method => {
    const { bytes, total, rate } = row.methods[method];
    const hours = timetable(method);
    return {
      ...facts(method),
      bytes,
      total,
      rate,
      actual: rounded(bytes, came),
      target: rounded(total, all),
      window: hours && task && isPriortime(task) ? hours.text : '',
      open: hours?.isOpen(now) ?? true,
      periods: hours?.periods(now, now + DAY_MS).map(periodRow) ?? [],
    };
  });
}

const periodRow = ({ opens, closes, rate }: RatedPeriod) => ({
  opens: formatIsoTime(opens),
  closes: formatIsoTime(closes),
  rate: rate ?? null,
});

const peersOf = ({ peers, pieces }: TorrentView): TaskDetail['peers'] =>
  peers.map(({ address, source = address, pieces: has, rates }) => ({
    address: source,
    percent: percent(has, pieces),
    downrate: Math.round(rates.down),
    uprate: Math.round(rates.up),
  }));

/** A node may have a task of one name in both directions; what changes its state says which. */
function eventsOf(events: readonly TaskEvent[], { name, direction }: TaskRow): EventRow[] {
  const other = direction === 'sent' ? 'received task:' : 'sent task:';
  const own = events.filter(({ task, text }) => task === name && !text.startsWith(other));
  return own.slice(-MOST_EVENTS).map(({ at, ...event }) => ({ ...event, time: formatIsoTime(at) }));
}

/** One decimal. */
const rounded = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((part * 1000) / whole) / 10);

/** One decimal; 100 is said of what is whole only. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(100, Math.floor((part * 1000) / whole) / 10);
}
