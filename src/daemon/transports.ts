import { join } from 'node:path';
import { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Method } from '../core/method.ts';
import type { Ticks } from '../core/ticks.ts';
import type { Transports } from '../roles/serving.ts';
import type { Download } from '../roles/torrent-shelf.ts';
import type { TaskFile } from '../task/task-file.ts';
import { timetableOf } from '../task/task-timetable.ts';
import type { BucketSource } from '../transfer/bucket-source.ts';
import { type Stretch, withObserver } from '../transfer/observed.ts';
import { type Limits, RateLimits } from '../transfer/rate-limits.ts';
import { Publications } from '../transfer/publications.ts';
import { ServedTasks } from '../transfer/served-tasks.ts';
import { countingSent, Totals, withTotals } from '../transfer/totals.ts';
import type { TransferItem } from '../transfer/item.ts';
import { withRetry } from '../transfer/retry.ts';
import type { Transport } from '../transfer/transport.ts';
import { WindowRates } from '../transfer/window-rates.ts';
import { withWindow } from '../transfer/windowed.ts';
import { BtEngine } from '../transports/bt/engine.ts';
import type { EngineOptions } from '../transports/bt/protocol.ts';
import { BtTransport } from '../transports/bt/transport.ts';
import { CdnTransport } from '../transports/cdn/transport.ts';
import { createHttpClient } from '../transports/http/client.ts';
import { download } from '../transports/http/download.ts';
import { type Connections, RangedFetcher } from '../transports/http/ranged-fetcher.ts';
import { ObsSource } from '../transports/obs/source.ts';
import { type ObsSettings, ObsTransport } from '../transports/obs/transport.ts';
import type { UploadSweep } from '../transports/obs/upload-sweep.ts';
import { torrentFlows } from './flows.ts';
import type { TimetableOf } from './outlook.ts';
import type { Offer } from './overview/sent-rows.ts';

interface BuiltTransports {
  readonly transports: Transports;
  readonly discardUpload: (item: TransferItem) => Promise<void>;
  readonly uploadSweep: UploadSweep;
  readonly engine: BtEngine;
  readonly limits: RateLimits;
  readonly totals: Totals;
  readonly download: Download;
  readonly source: BucketSource;
  readonly buckets: BucketsFile;
  readonly timetableOf: TimetableOf;
  /** Whether a method may fetch of a task right now. Throws TASK_FILE_INVALID. */
  readonly isOpen: (task: TaskFile, method: Method) => boolean;
  /** Bytes per second that the limits leave a method for a task right now. */
  readonly allowed: (task: string, method: Method) => number;
  /** How far a method of a sent task is, without asking anybody. */
  readonly offer: (name: string, method: Method) => Offer;
}

/** The three transports, wrapped, and what they stand on. */
export function buildTransports(
  config: () => Config,
  clock: Clock,
  log: Logger,
  ticks: Ticks,
  note: (stretch: Stretch) => void,
  ofTask: (task: string) => Partial<Limits>,
  hasTask: (name: string) => Promise<boolean>,
): BuiltTransports {
  const http = createHttpClient();
  // Addresses that came with received tasks go through a client of their own.
  const received = createHttpClient({ allowHosts: () => config().allowhosts });
  const engine = new BtEngine({ log }, engineOptions(config()));
  const rates = new WindowRates();
  const served = new ServedTasks();
  const published = new Publications();
  const ownTimetable: TimetableOf = (task, method) => timetableOf(task, method, config()[`${method}windows`]);
  const isOpen = (task: TaskFile, method: Method) => ownTimetable(task, method).isOpen(clock.now());
  const servedRate = (name: string, method: string) => {
    const isClosed = method === 'bt' && config().servewindows && served.isClosed(name, task => !isOpen(task, method));
    return isClosed ? { group: `${name} is served no more`, rate: 0 } : undefined;
  };
  const limits = new RateLimits(
    { clock },
    {
      node: () => ({ down: config().downlimit, up: config().uplimit }),
      ofTask: task => ({ down: config().taskdownlimit, up: config().taskuplimit, ...ofTask(task) }),
      ofWindow: (task, method, direction) => (direction === 'down' ? rates.of(task, method) : servedRate(task, method)),
    },
    () => torrentFlows(engine),
  );
  const totals = new Totals();
  engine.on('sent', bytes => (totals.sent.bt += bytes));
  // Else it would have no limit until the next division.
  engine.on('added', () => limits.divideAgain());
  const fetcher = new RangedFetcher(
    { bulk: received.bulk, limits },
    () => connections(config()),
    method => capOf(config(), method),
  );
  const buckets = new BucketsFile(() => config().buckets);
  const settings = () => obsSettings(config(), buckets);
  const obs = new ObsTransport({ http, received, fetcher, clock, log, limits: countingSent(limits, totals) }, settings);
  const parts = { clock, log };
  const bt = new BtTransport(engine, { allowHosts: () => config().allowhosts });
  // A cacher serves while it fetches; of a closed hour it has what came before.
  const serveOn = config().servertype === 'cacher' ? bt.serveOn.bind(bt) : undefined;
  const wrapped = (transport: Transport, more: { readonly serveOn?: typeof serveOn } = {}) =>
    withWindow(
      withObserver(withRetry(withTotals(transport, totals), parts), { ...parts, limits }, note),
      { ...parts, ticks, rates, ...more },
      ownTimetable,
    );
  return {
    transports: {
      bt: published.noting(served.noting(wrapped(bt, { serveOn }))),
      obs: published.noting(wrapped(obs)),
      cdn: published.noting(wrapped(new CdnTransport({ http, fetcher }))),
    },
    timetableOf: ownTimetable,
    isOpen,
    allowed: (task, method) => limits.allowed(task, method),
    offer: (name, method) => offerOf(published, obs, name, method),
    discardUpload: item => obs.discard(item),
    uploadSweep: obs.sweep(hasTask),
    engine,
    limits,
    totals,
    source: new ObsSource({ http }, settings),
    buckets,
    download: (url, limit, signal) => download(received, url, limit, signal),
  };
}

function offerOf(published: Publications, obs: ObsTransport, name: string, method: Method): Offer {
  const key = `sent/${name}`;
  const state = published.of(key, method);
  if (state === 'available') return { state };
  if (state === undefined) return { state: 'unavailable' };
  // Only obs has bytes to bring before it is available.
  const { bytes = 0, total = 0 } = (method === 'obs' ? obs.uploaded(key) : undefined) ?? {};
  return { state: 'uploading', bytes, total };
}

function engineOptions({ btport, btpeers, btpex, btdht, btlsd }: Config): EngineOptions {
  return { port: btport, peers: btpeers, pex: btpex, dht: btdht, lsd: btlsd };
}

const capOf = ({ obscap, cdncap }: Config, method: Method) => ({ bt: 0, obs: obscap, cdn: cdncap })[method];

function connections({ connections, fileconnections, hostconnections }: Config): Connections {
  return { task: connections, file: fileconnections, host: hostconnections };
}

/** The buckets file comes before the configuration (decision 23). */
function obsSettings(config: Config, buckets: BucketsFile): ObsSettings {
  const { obsak, obssk, obsendpoint } = config;
  const hasKeys = obsak !== '' && obssk !== '' && obsendpoint !== '';
  const own = hasKeys ? { accessKey: obsak, secretKey: obssk, endpoint: obsendpoint } : undefined;
  return {
    keysOf: async bucket => (await buckets.keysOf(bucket)) ?? own,
    urlStyle: config.obsurlstyle,
    upload: config.obsupload,
    needsUpload: config.machinetype === 'local',
    partSize: config.partsize,
    connections: config.connections,
    uploadsPath: join(config.transferpath, 'uploads'),
    signedHours: config.signedurlhours,
  };
}
