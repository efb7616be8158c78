import { Type } from 'typebox';
import { METHODS, type Method } from '../../core/method.ts';
import { formatLocalTime, formatPercent, formatRate } from '../../core/units.ts';
import { checkTaskFileName } from '../../task/names.ts';
import { type Answer, defineMethod, refuses } from '../method.ts';
import type { DownloadView } from '../node.ts';
import { taskName } from '../parameters.ts';
import { PAUSED } from '../paused.ts';

const rate = Type.String({ description: '`n B/s`, `n K/s` or `n M/s`; empty without transfer' });
const percent = (description: string) => Type.String({ pattern: '^\\d+\\.\\d{3}%$', description });
const text = (description: string) => Type.String({ description });
const bytes = (description: string) => Type.Number({ description });

const ONE_METHOD =
  '`state` (`none`, `running`, `waiting`, `done`), verified `bytes` of `total`, `rate` (bytes per second), `wasted` bytes, `sources` (bytes by `host:port`), `wastedby` (wrong ones of them, likewise), `trouble` (why it does not move)';

/** One method of a transfer (additive). */
export const methodContent = Type.Object({
  state: text('`none`, `running`, `waiting` or `done`'),
  bytes: bytes('verified bytes'),
  total: bytes('bytes to fetch'),
  rate: bytes('bytes per second'),
  wasted: bytes('bytes that were fetched in vain'),
  sources: Type.Unsafe<unknown>({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'bytes by `host:port`',
  }),
  wastedby: Type.Unsafe<unknown>({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'bytes of them that were wrong, by `host:port`',
  }),
  trouble: text('why it does not move, empty when it does'),
});

const content = Type.Object({
  status: Type.Unsafe<string>({
    enum: ['downloading', 'downloaderror', 'downloaded', 'history'],
    description: '`queues` in a refusal (BP-24)',
  }),
  taskfullpath: text('where the task file is now'),
  dcppath: text('the package in the storage; empty until it is there'),
  btstatus: Type.Unsafe<string>({ enum: ['seeding', 'noseeding'], description: 'whether bt serves it on' }),
  downerror: text('what failed, such as `bt download error`; empty unless the status is `downloaderror`'),
  downloaded: bytes('bytes that are here'),
  rate,
  totoalpercent: percent('share of the whole that is here'),
  btrate: rate,
  btpercent: percent('share of the whole that bt brought'),
  obsrate: rate,
  obspercent: percent('share of the whole that obs brought'),
  cdnrate: rate,
  cdnpercent: percent('share of the whole that cdn brought'),
  ecompletedtime: Type.Integer({ minimum: -1, description: 'minutes to go; -1 unknown, 0 done' }),
  bt2downpercent: percent('share of the whole that bt is to bring'),
  obs2downpercent: percent('share of the whole that obs is to bring'),
  cdn2downpercent: percent('share of the whole that cdn is to bring'),
  localsamepercent: percent('share of the whole that was here already'),
  taskfile: text('same as `taskfullpath`'),
  totalpercent: percent('same as `totoalpercent`'),
  totalbytes: text('bytes of the package'),
  desc: text('what is wrong, in full, also while it is tried again; or that an operator paused it'),
  code: text('code of what is wrong'),
  methods: Type.Object(
    { bt: methodContent, obs: methodContent, cdn: methodContent },
    { description: `of each: ${ONE_METHOD}` },
  ),
  deadline: text('when it is to be complete, local time; empty without'),
  forecast: text(
    'when it will be complete as far as can be said, local time; empty while that is not known, and when it is',
  ),
  atrisk: Type.Boolean({ description: 'it will miss its deadline, or has missed it unfinished' }),
  waits: text(
    'until when it waits, when every method that still has to bring something waits for its window; or that an operator paused it; else empty',
  ),
});

/**
 * POST /progress with method_name progress, BP rows (4.3.4). The keys and their order are those of the real outputs (BP-02); from `taskfile` on they
 * are additive (decision 5). Percents of methods are shares of the whole package (BP-07, BP-08).
 */
export const progress = defineMethod(
  {
    path: '/progress',
    name: 'progress',
    summary: 'Says how far a received task is.',
    params: Type.Object({ taskfile: taskName }),
    content,
    example: { taskfile: 'cfec-001-film.task.json' },
    told: [
      refuses('unknown task, not found task.', 'BP-21'),
      refuses('open dir error:open <path> : no such file or directory', 'BP-22'),
      refuses('do not support cacher type progress, change method_name to cprogress', 'BP-23'),
      refuses('task in queues, no progress now.', 'BP-24'),
    ],
  },
  async (node, { taskfile }) => {
    if (!node.downloadProgress) {
      return {
        ok: false,
        content: { desc: 'do not support cacher type progress, change method_name to cprogress', code: 'ROLE_LACKS' },
      };
    }
    return answer(await node.downloadProgress(checkTaskFileName(taskfile)));
  },
);

function answer(view: DownloadView): Answer {
  if (view.state === 'queues') {
    return {
      ok: false,
      content: { status: 'queues', desc: 'task in queues, no progress now.', taskfile: view.path, code: 'TASK_WAITS' },
    };
  }
  const { methods, size, localSame, isPaused } = view;
  const paused = isPaused ? PAUSED : undefined;
  const bytes = (method: Method) => methods[method].bytes;
  const downloaded = METHODS.reduce((sum, method) => sum + bytes(method), 0);
  const rate = METHODS.reduce((sum, method) => sum + methods[method].rate, 0);
  const total = formatPercent(downloaded + localSame, size);
  const toFetch = (method: Method) => formatPercent(methods[method].total, size);
  return {
    ok: true,
    content: {
      status: view.state,
      taskfullpath: view.path,
      dcppath: view.packagePath,
      btstatus: view.isSeeding ? 'seeding' : 'noseeding',
      downerror: downError(view),
      downloaded: downloaded + localSame,
      rate: formatRate(rate),
      totoalpercent: total,
      btrate: formatRate(methods.bt.rate),
      btpercent: formatPercent(bytes('bt'), size),
      obsrate: formatRate(methods.obs.rate),
      obspercent: formatPercent(bytes('obs'), size),
      cdnrate: formatRate(methods.cdn.rate),
      cdnpercent: formatPercent(bytes('cdn'), size),
      ecompletedtime: minutesLeft(size - downloaded - localSame, rate),
      bt2downpercent: toFetch('bt'),
      obs2downpercent: toFetch('obs'),
      cdn2downpercent: toFetch('cdn'),
      localsamepercent: formatPercent(localSame, size),
      taskfile: view.path,
      totalpercent: total,
      totalbytes: String(size),
      desc: view.error?.message ?? paused?.desc ?? '',
      code: view.error?.code ?? paused?.code ?? '',
      methods,
      deadline: view.deadline,
      forecast: view.forecast === undefined ? '' : formatLocalTime(view.forecast),
      atrisk: view.isAtRisk,
      waits: paused?.desc ?? view.waits,
    },
  };
}

/** BP-06: the words of the original; ours stand in `desc`. */
function downError({ state, error }: DownloadView): string {
  if (state !== 'downloaderror') return '';
  return error?.method === undefined ? 'download error' : `${error.method} download error`;
}

/** BP-10: whole minutes, -1 unknown, 0 when done. */
function minutesLeft(bytes: number, rate: number): number {
  if (bytes <= 0) return 0;
  return rate > 0 ? Math.ceil(bytes / rate / 60) : -1;
}
