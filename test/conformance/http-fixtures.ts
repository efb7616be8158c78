import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { ObsKeys } from '../../src/task/task-file.ts';
import { CdnTransport } from '../../src/transports/cdn/transport.ts';
import { createHttpClient } from '../../src/transports/http/client.ts';
import { RangedFetcher } from '../../src/transports/http/ranged-fetcher.ts';
import { ObsTransport } from '../../src/transports/obs/transport.ts';
import { Origin } from '../../src/origin/origin.ts';
import { ACCESS_KEY, BUCKET, SECRET_KEY, startServer } from '../devserver/harness.ts';
import { startListening } from '../listening.ts';
import type { SamplePackage } from '../transports/sample-package.ts';
import { SourceProxy } from '../transports/source-proxy.ts';
import type { Fixture } from './fixture.ts';

const CONNECTIONS = { task: 4, file: 4, host: 8 };

/** Origins of the packages that were published; one port, one root at a time. */
class CurrentOrigin {
  #running: { port: number; stop(): Promise<void> } | undefined;

  async serve(sample: SamplePackage): Promise<number> {
    await this.stop();
    const address = { host: '127.0.0.1', port: 0 };
    this.#running = await startListening(log => new Origin({ log }, { root: sample.storageRoot, address }));
    return this.#running.port;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }
}

const urlPath = (path: string) => path.split('/').map(encodeURIComponent).join('/');

const grip = (proxy: SourceProxy): Pick<Fixture, 'bytes' | 'isIdle' | 'lie' | 'holdAfter'> => ({
  bytes: () => proxy.bytes,
  isIdle: () => proxy.open === 0,
  lie: async isLying => proxy.lie(isLying),
  holdAfter: bytes => (bytes === undefined ? proxy.release() : proxy.holdAfter(bytes)),
});

/** CDN: a proxy that pulls from our origin. */
export async function cdnFixture(): Promise<Fixture> {
  const origin = new CurrentOrigin();
  const proxy = new SourceProxy();
  await proxy.start();
  const http = createHttpClient();
  const transport = () => new CdnTransport({ http, fetcher: new RangedFetcher(http, () => CONNECTIONS) });
  return {
    sender: transport(),
    receiver: transport(),
    address: async sample => {
      proxy.upstream = await origin.serve(sample);
      sample.task.cdn.url = `${proxy.url}/dcp/cfec-001/dcps/${urlPath(sample.task.name)}`;
    },
    ...grip(proxy),
    stop: async () => {
      await origin.stop();
      await proxy.stop();
    },
  };
}

/** An object server with an empty bucket. */
export interface ObjectServer {
  readonly port: number;
  /** A directory that goes away with it. */
  readonly root: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  stop(): Promise<void>;
}

const ownServer = async (): Promise<ObjectServer> => ({
  ...(await startServer()),
  accessKey: ACCESS_KEY,
  secretKey: SECRET_KEY,
  bucket: BUCKET,
});

/** OBS: an object server, ours or another, behind a proxy; the signed list comes from an origin beside it. */
export async function obsFixture(startObjects: () => Promise<ObjectServer> = ownServer): Promise<Fixture> {
  const server = await startObjects();
  const { accessKey, secretKey, bucket } = server;
  const origin = new CurrentOrigin();
  const proxy = new SourceProxy();
  proxy.upstream = server.port;
  await proxy.start();
  const http = createHttpClient();
  const keys: ObsKeys = { accessKey, secretKey, endpoint: proxy.url };
  const transport = (own: ObsKeys | undefined) =>
    new ObsTransport(
      { http, fetcher: new RangedFetcher(http, () => CONNECTIONS), clock: systemClock, log: silentLog },
      () => ({
        keysOf: () => Promise.resolve(own),
        urlStyle: 'auto',
        upload: 'share',
        needsUpload: true,
        partSize: 102_400,
        connections: CONNECTIONS.task,
        uploadsPath: join(server.root, 'uploads-of-the-sender'),
        signedHours: 1,
      }),
    );
  return {
    sender: transport(keys),
    receiver: transport(undefined),
    address: async sample => {
      const { name } = sample.task;
      const port = await origin.serve(sample);
      sample.task.obs.url = `obs://${bucket}/dcps/${name}`;
      sample.task.obs.signedlist = `http://127.0.0.1:${port}/dcp/cfec-001/dcps-tmp/${urlPath(name)}.signed.json`;
    },
    ...grip(proxy),
    stop: async () => {
      await origin.stop();
      await proxy.stop();
      await server.stop();
    },
  };
}
