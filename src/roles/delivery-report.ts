import { METHODS, type Method, type Source } from '../core/method.ts';
import { formatIsoTime } from '../core/units.ts';
import type { DcpReport } from '../dcp/check-dcp.ts';
import { parseRatio } from '../task/ratio.ts';
import { LIST_KEY, type TaskFile } from '../task/task-file.ts';
import type { TransferReport } from '../transfer/report.ts';

interface DeliveredFile {
  readonly file: string;
  readonly size: number;
  /** Hex, as the sender has it. */
  readonly sha1: string;
  /** The method that was last to bring it, or `local`: it was here already. */
  readonly from: Source;
}

/** What a method brought. Bytes; percent of what was transferred, and of what the ratio gave it. */
export interface DeliveredShare {
  readonly bytes: number;
  readonly actual: number;
  readonly target: number;
  /** Payload that came, right or wrong. */
  readonly received: number;
  readonly wasted: number;
  readonly sources: Readonly<Record<string, { readonly bytes: number; readonly wasted: number }>>;
}

/** The proof of a delivery, as it is kept and told: no addresses but hosts and ports, no keys. */
export interface DeliveryReport {
  readonly format: 1;
  readonly task: string;
  readonly package: string;
  readonly basesubdir: string;
  readonly sender: string;
  /** Where the package was put. */
  readonly path: string;
  /** Who received and verified it, and when this was written. */
  readonly node: string;
  readonly software: string;
  readonly written: string;
  readonly size: number;
  readonly ratio: string;
  readonly methods: Readonly<Record<Method, DeliveredShare>>;
  /** Bytes that were here already. */
  readonly local: number;
  readonly wasted: number;
  /** Files that another method took over, and which. */
  readonly takenover: Readonly<Record<string, string>>;
  readonly times: {
    /** Of the sender's clock. */
    readonly made: string;
    readonly sent: string;
    /** Of this node's clock: when the task came, and when the package was in its place. */
    readonly received: string;
    readonly finished: string;
    /** In between; null when it cannot be said. */
    readonly seconds: number | null;
    /** Mean of what was transferred, bytes per second. */
    readonly rate: number | null;
  };
  /** `pieces`: every byte by the piece hashes of that torrent; `files`: every file by its SHA-1; '' when the record of it is lost. */
  readonly verified: { readonly by: 'pieces' | 'files' | ''; readonly infohash: string };
  readonly dcp: DcpReport | null;
  /** Why there is no check of a DCP. */
  readonly dcpnote: string;
  readonly files: readonly DeliveredFile[];
}

export interface DeliveryFacts {
  readonly name: string;
  readonly task: TaskFile;
  readonly path: string;
  /** Undefined: it is lost. */
  readonly transfer: TransferReport | undefined;
  readonly dcp: DcpReport | undefined;
  readonly dcpNote: string;
  readonly node: string;
  readonly software: string;
  /** ms since the epoch. */
  readonly now: number;
}

export function deliveryReport({ name, task, path, transfer, dcp, dcpNote, ...by }: DeliveryFacts): DeliveryReport {
  const methods = sharesOf(task, transfer);
  const moved = METHODS.reduce((sum, method) => sum + methods[method].bytes, 0);
  const infohash = transfer?.infohash;
  return {
    format: 1,
    task: name,
    package: task.name,
    basesubdir: task.basesubdir,
    sender: task.senderid ?? '',
    path,
    node: by.node,
    software: by.software,
    written: formatIsoTime(by.now),
    size: task.size,
    ratio: task['bt-obs-cdn'],
    methods,
    local: transfer?.local ?? 0,
    wasted: METHODS.reduce((sum, method) => sum + methods[method].wasted, 0),
    takenover: transfer?.takenover ?? {},
    times: timesOf(task, moved),
    verified: { by: infohash === undefined ? '' : infohash === '' ? 'files' : 'pieces', infohash: infohash ?? '' },
    dcp: dcp ?? null,
    dcpnote: dcpNote,
    files: filesOf(task, transfer),
  };
}

function sharesOf(task: TaskFile, transfer: TransferReport | undefined): DeliveryReport['methods'] {
  const ratio = parseRatio(task['bt-obs-cdn']);
  const all = METHODS.reduce((sum, method) => sum + ratio[method], 0);
  const moved = METHODS.reduce((sum, method) => sum + (transfer?.methods[method].bytes ?? 0), 0);
  const none = { bytes: 0, received: 0, wasted: 0, sources: {} };
  const share = (method: Method): DeliveredShare => {
    const totals = transfer?.methods[method] ?? none;
    return { ...totals, actual: percent(totals.bytes, moved), target: percent(ratio[method], all) };
  };
  return { bt: share('bt'), obs: share('obs'), cdn: share('cdn') };
}

const percent = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((part / whole) * 100_000) / 1000);

function timesOf(task: TaskFile, moved: number): DeliveryReport['times'] {
  const { gentime = '', sendtime = '', receivetime = '', finishedtime = '' } = task;
  const ms = Date.parse(finishedtime.replace(' ', 'T')) - Date.parse(receivetime.replace(' ', 'T'));
  const seconds = ms >= 0 ? Math.round(ms / 1000) : null;
  const rate = seconds === null || seconds === 0 ? null : Math.round(moved / seconds);
  return { made: gentime, sent: sendtime, received: receivetime, finished: finishedtime, seconds, rate };
}

function filesOf(task: TaskFile, transfer: TransferReport | undefined): DeliveredFile[] {
  const listed = new Map(METHODS.flatMap(method => task[LIST_KEY[method]].map(file => [file, method] as const)));
  const takers = new Map(Object.entries(transfer?.takenover ?? {}));
  const from = (file: string) => (takers.get(file) ?? listed.get(file) ?? 'local') as Source;
  return task.filelist.map(({ file, size, hash }) => ({ file, size, sha1: hash, from: from(file) }));
}
