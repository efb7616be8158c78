import { join } from 'node:path';
import { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Transports } from '../roles/serving.ts';
import type { Download } from '../roles/torrent-shelf.ts';
import type { BucketSource } from '../transfer/bucket-source.ts';
import { withRetry } from '../transfer/retry.ts';
import type { Transport } from '../transfer/transport.ts';
import { withWindow } from '../transfer/windowed.ts';
import { BtEngine } from '../transports/bt/engine.ts';
import { BtTransport } from '../transports/bt/transport.ts';
import { CdnTransport } from '../transports/cdn/transport.ts';
import { createHttpClient } from '../transports/http/client.ts';
import { download } from '../transports/http/download.ts';
import { type Connections, RangedFetcher } from '../transports/http/ranged-fetcher.ts';
import { ObsSource } from '../transports/obs/source.ts';
import { type ObsSettings, ObsTransport } from '../transports/obs/transport.ts';

/** The three transports, wrapped, and what they stand on. */
export function buildTransports(
  config: () => Config,
  clock: Clock,
  log: Logger,
): { transports: Transports; engine: BtEngine; download: Download; source: BucketSource; buckets: BucketsFile } {
  const http = createHttpClient();
  // Addresses that came with received tasks go through a client of their own.
  const received = createHttpClient({ allowHosts: () => config().allowhosts });
  const fetcher = new RangedFetcher(received, () => connections(config()));
  const engine = new BtEngine({ log }, { port: config().btport });
  const buckets = new BucketsFile(() => config().buckets);
  const settings = () => obsSettings(config(), buckets);
  const obs = new ObsTransport({ http, received, fetcher, clock, log }, settings);
  const parts = { clock, log };
  const wrapped = (transport: Transport) => withWindow(withRetry(transport, parts), parts);
  return {
    transports: {
      bt: wrapped(new BtTransport(engine)),
      obs: wrapped(obs),
      cdn: wrapped(new CdnTransport({ http, fetcher })),
    },
    engine,
    source: new ObsSource({ http }, settings),
    buckets,
    download: (url, limit, signal) => download(received, url, limit, signal),
  };
}

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
