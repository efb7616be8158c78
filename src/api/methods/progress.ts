import { Type } from 'typebox';
import { METHODS, type Method } from '../../core/method.ts';
import { formatPercent, formatRate } from '../../core/units.ts';
import { checkTaskFileName } from '../../task/names.ts';
import { type Answer, defineMethod } from '../method.ts';
import type { DownloadView } from '../node.ts';

/**
 * POST /progress with method_name progress, BP rows (4.3.4.1). The keys and their order are those of the real outputs (BP-02); `taskfile`,
 * `totalpercent`, `totalbytes` and `methods` are additive (decision 5). Percents of methods are shares of the whole package (BP-07, BP-08).
 */
export const progress = defineMethod(
  '/progress',
  ['progress'],
  Type.Object({ taskfile: Type.String() }),
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
    return { ok: false, content: { status: 'queues', desc: 'task in queues, no progress now.', taskfile: view.path } };
  }
  const { methods, size, localSame } = view;
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
      downerror: view.error?.message ?? '',
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
      code: view.error?.code ?? '',
      methods,
    },
  };
}

/** BP-10: whole minutes, -1 unknown, 0 when done. */
function minutesLeft(bytes: number, rate: number): number {
  if (bytes <= 0) return 0;
  return rate > 0 ? Math.ceil(bytes / rate / 60) : -1;
}
