import type { DownloadView, MethodView } from '../api/node.ts';
import { METHODS, type Method } from '../core/method.ts';
import type { DownloadProgress } from '../roles/receiver.ts';
import { LIST_KEY, listSize, type TaskFile } from '../task/task-file.ts';
import type { Ledger } from '../transfer/ledger.ts';
import type { SourceBytes } from '../transfer/meter.ts';
import type { TransferReport } from '../transfer/report.ts';
import type { Amounts, Prospect } from './outlook.ts';

/** `prospectOf` is asked about what is not here yet. */
export function downloadView(
  { task, ledger, report, packagePath, ...progress }: DownloadProgress,
  prospectOf: (task: TaskFile, amounts: Amounts) => Prospect,
): DownloadView {
  const isThere = progress.state === 'downloaded' || progress.state === 'history';
  const size = (key: Parameters<typeof listSize>[1]) => (task ? listSize(task, key) : 0);
  const view = (method: Method) => {
    const listed = size(LIST_KEY[method]);
    return isThere ? finishedView(listed, report?.methods[method]) : runningView(method, listed, task, ledger);
  };
  const methods = { bt: view('bt'), obs: view('obs'), cdn: view('cdn') };
  const prospect = task && !isThere ? prospectOf(task, methods) : undefined;
  return {
    path: progress.path,
    state: progress.state,
    packagePath: isThere ? packagePath : '',
    error: progress.error,
    size: task?.size ?? 0,
    localSame: size('localsamefiles'),
    isSeeding: progress.isSeeding,
    isPaused: progress.isPaused,
    deadline: task?.deadline ?? '',
    forecast: prospect?.forecast.end,
    isAtRisk: prospect?.isAtRisk ?? false,
    waits: waitsOf(methods, ledger),
    methods,
  };
}

/** What says until when all methods wait that still have something to bring; '' when one of them may move. */
function waitsOf(methods: Readonly<Record<Method, MethodView>>, ledger: Ledger | undefined): string {
  const open = METHODS.filter(method => methods[method].bytes < methods[method].total);
  const notices = open.map(method => ledger?.noticeOf(method));
  const isWaiting = notices.every(notice => notice?.code === 'WINDOW_CLOSED');
  return isWaiting ? notices.map(notice => notice?.message).join('; ') : '';
}

/** Of a task that is being transferred. `listed`: bytes of the files in the method's list. */
export function runningView(
  method: Method,
  listed: number,
  task: TaskFile | undefined,
  ledger: Ledger | undefined,
): MethodView {
  const total = listed + (task && ledger ? tookOver(method, task, ledger) - wasHere(method, task, ledger) : 0);
  const bytes = ledger?.bytes(method) ?? 0;
  const meter = ledger?.meters[method];
  const trouble = ledger?.noticeOf(method)?.message ?? '';
  return {
    state: stateOf(bytes, total, trouble),
    bytes,
    total,
    rate: meter?.rate ?? 0,
    wasted: meter?.wasted ?? 0,
    ...bySource(meter?.counted.sources),
    trouble,
  };
}

function finishedView(listed: number, totals: TransferReport['methods'][Method] | undefined): MethodView {
  const bytes = totals?.bytes ?? listed;
  const state = bytes === 0 ? 'none' : 'done';
  return {
    state,
    bytes,
    total: bytes,
    rate: 0,
    wasted: totals?.wasted ?? 0,
    ...bySource(totals?.sources),
    trouble: '',
  };
}

export function bySource(
  counted: Readonly<Record<string, SourceBytes>> = {},
): Pick<MethodView, 'sources' | 'wastedby'> {
  const sources = Object.entries(counted);
  return {
    sources: Object.fromEntries(sources.map(([source, { bytes }]) => [source, bytes])),
    wastedby: Object.fromEntries(
      sources.filter(([, { wasted }]) => wasted > 0).map(([source, { wasted }]) => [source, wasted]),
    ),
  };
}

/** Bytes that the method is to bring more (or less) than its list says, since another one took over (or it did). */
function tookOver(method: Method, task: TaskFile, ledger: Ledger): number {
  if (ledger.owners.size === 0) return 0;
  const own = new Set(task[LIST_KEY[method]]);
  let bytes = 0;
  for (const { file, size } of task.filelist) {
    const owner = ledger.owners.get(file);
    if (!owner) continue;
    const brings = ledger.bytesFrom(file, method) + (owner === method ? size - ledger.bytesOf(file) : 0);
    bytes += brings - (own.has(file) ? size : 0);
  }
  return bytes;
}

/** Bytes of the files in the method's list that it need not bring: a copy had begun before it was found wrong, or lost. */
function wasHere(method: Method, task: TaskFile, ledger: Ledger): number {
  if (ledger.partlyLocal.size === 0) return 0;
  const own = new Set(task[LIST_KEY[method]]);
  const files = [...ledger.partlyLocal].filter(file => own.has(file) && !ledger.owners.has(file));
  return files.reduce((sum, file) => sum + ledger.bytesFrom(file, 'local'), 0);
}

function stateOf(bytes: number, total: number, trouble: string): string {
  if (total === 0) return 'none';
  if (bytes === total) return 'done';
  return trouble === '' ? 'running' : 'waiting';
}
