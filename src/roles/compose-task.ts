import { basename, dirname } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Method } from '../core/method.ts';
import { formatLocalTime } from '../core/units.ts';
import type { PackageFile, PackageTree } from '../disk/walk.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { type Layout, publishedUrl } from '../task/layout.ts';
import type { Split } from '../task/split.ts';
import type { ObsKeys, TaskFile } from '../task/task-file.ts';
import { Timetable } from '../task/timetable.ts';

/** What the making of a task's torrents yielded. `full` and `tmp` are infohashes. */
export interface MadeTorrents {
  readonly layout: Layout;
  readonly type: PackageTree['type'];
  readonly files: readonly PackageFile[];
  readonly hashes: ReadonlyMap<string, string>;
  readonly split: Split;
  readonly size: number;
  readonly tracker: string;
  readonly full: string;
  readonly tmp: string | undefined;
}

export interface MadeTask extends MadeTorrents {
  readonly obsUrl: string;
  /** For tasks that carry them (decision 19). A value may be ''. */
  readonly keys: ObsKeys;
}

/** Writes down a new task, in the key order of the original's (example 4.1.2); the additive keys are `infohash`, `tmpinfohash`, `signedlist`, `windows`,
 * `deadline` and `upload`: `all` says that the bucket has the whole package (decision 21). */
export function composeTask(config: Config, request: GentaskRequest, made: MadeTask, now: number): TaskFile {
  const { layout, split, size } = made;
  const sizes = new Map(made.files.map(file => [file.path, file.size]));
  const listSize = (method: Method) => split[method].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0);
  return {
    sourcetype: 'sender',
    senderid: config.senderid,
    name: layout.name,
    type: made.type,
    senderlocalpath: dirname(layout.packagePath),
    basesubdir: request.basesubdir,
    datasource: request.datasource || config.datasource,
    size,
    'bt-obs-cdn': request.btobscdn,
    policy: request.policy,
    bt: bt(config, request, made),
    obs: obs(config, request, made),
    cdn: { url: publishedUrl(config.cdnurl, config.basedatapath, layout.packagePath), ...hours(config, 'cdn') },
    filelist: made.files.map(file => ({ file: file.path, hash: made.hashes.get(file.path) ?? '', size: file.size })),
    localsamefiles: [],
    btlist: split.bt,
    obslist: split.obs,
    cdnlist: split.cdn,
    requesters: [{ vip: '', id: '' }],
    btlistsize: listSize('bt'),
    obslistsize: listSize('obs'),
    cdnlistsize: listSize('cdn'),
    gentime: formatLocalTime(now),
    sendtime: '',
    receivetime: '',
    finishedtime: '',
    ...(request.deadline ? { deadline: request.deadline } : {}),
  };
}

/** Original nodes read `priortime` only: the nearest single window, where a timetable is richer (decision 6). */
function hours(config: Config, method: Method): { priortime: string; windows?: string } {
  const windows = config[`${method}windows`];
  if (windows === '') return { priortime: config[`${method}time`] };
  return { priortime: Timetable.parse(windows).nearestWindow(), windows };
}

function bt(config: Config, request: GentaskRequest, { layout, tracker, full, tmp }: MadeTask): TaskFile['bt'] {
  const { senderdomain, basedatapath } = config;
  return {
    localtorrent: layout.torrentPath,
    url: publishedUrl(senderdomain, basedatapath, layout.torrentPath),
    tmpurl: tmp === undefined ? '' : publishedUrl(senderdomain, basedatapath, layout.tmpTorrentPath),
    tracker,
    seedtime: request.seedtime || config.defaultseedtime,
    ...hours(config, 'bt'),
    infohash: full,
    ...(tmp === undefined ? {} : { tmpinfohash: tmp }),
  };
}

/** Keys go into the task only for fleets with original receivers (decision 19). */
function obs(config: Config, { taskfile }: GentaskRequest, { layout, split, obsUrl, keys }: MadeTask): TaskFile['obs'] {
  const { senderdomain, basedatapath, obscredentials, obsupload } = config;
  const common = { url: obsUrl, ...hours(config, 'obs'), ...(obsupload === 'all' ? { upload: 'all' } : {}) };
  if (obscredentials === 'keys') {
    return { ...common, obsak: keys.accessKey, obssk: keys.secretKey, obsendpoint: keys.endpoint };
  }
  if (split.obs.length === 0 && (obsupload === 'share' || obsUrl === '')) return common;
  const listPath = layout.signedListPath(basename(taskfile));
  return { ...common, signedlist: publishedUrl(senderdomain, basedatapath, listPath) };
}
