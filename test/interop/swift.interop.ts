import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { createHttpClient } from '../../src/transports/http/client.ts';
import { RangedFetcher } from '../../src/transports/http/ranged-fetcher.ts';
import { ObsSource } from '../../src/transports/obs/source.ts';
import { type ObsSettings, ObsTransport } from '../../src/transports/obs/transport.ts';
import { obsFixture } from '../conformance/http-fixtures.ts';
import { conformance } from '../conformance/suite.ts';
import { type Files, randomFiles, SamplePackage } from '../transports/sample-package.ts';
import { rclone, type S3Client, type S3Place, s3cmd } from './s3-clients.ts';
import { ACCESS_KEY, SECRET_KEY, Swift } from './swift.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;
const BUCKET = 'films';
const CONFORMANCE_BUCKET = 'conformance';
const FILES = {
  'reel 1.mxf': 13 * MIB + 1,
  'sub/deep er/片 头 #2.mxf': 6 * MIB,
  '影片/字幕.xml': 700,
  'what? 100%+&=.xml': 900,
  'ASSETMAP.xml': 300,
};
const CLIENTS = { rclone, s3cmd };

/** Starting it takes a while, and so does a listing on a busy machine. */
describe('interop: Swift', function () {
  this.timeout(300_000);
  let swift: Swift;
  let home: string;
  let place: S3Place;
  before(async () => {
    swift = await Swift.start();
    home = await mkdtemp(join(tmpdir(), 's3-clients-'));
    place = { url: swift.url, accessKey: ACCESS_KEY, secretKey: SECRET_KEY };
    const client = await s3cmd(place, home);
    for (const bucket of [BUCKET, CONFORMANCE_BUCKET]) await client.makeBucket(bucket);
  });
  after(async () => {
    await swift?.stop();
    await rm(home, { recursive: true, force: true });
  });

  conformance('obs on Swift', { method: 'obs', onTheWay: 0, takesSome: true }, () =>
    obsFixture(() =>
      Promise.resolve({
        ...place,
        port: swift.port,
        root: home,
        bucket: CONFORMANCE_BUCKET,
        stop: () => Promise.resolve(),
      }),
    ),
  );

  let sample: SamplePackage;
  before(async () => {
    sample = await SamplePackage.make({ name: '影片 1', shares: { obs: randomFiles(FILES) } });
    sample.task.obs.url = `obs://${BUCKET}/dcps/影片 1`;
  });
  after(() => sample.remove());

  const keys = () => ({ accessKey: ACCESS_KEY, secretKey: SECRET_KEY, endpoint: swift.url });
  const settings = (): ObsSettings => ({
    keysOf: () => Promise.resolve(keys()),
    urlStyle: 'auto',
    upload: 'share',
    needsUpload: true,
    partSize: 5 * MIB,
    connections: 4,
    uploadsPath: join(sample.directory, 'uploads'),
    signedHours: 1,
  });
  const http = createHttpClient();
  const client = (name: keyof typeof CLIENTS): Promise<S3Client> => CLIENTS[name](place, home);

  for (const name of ['rclone', 's3cmd'] as const) {
    it(`BO-02: ${name} reads byte for byte what our sender uploaded`, async () => {
      const parts = {
        http,
        fetcher: new RangedFetcher(http, () => ({ task: 4, file: 4, host: 4 })),
        clock: systemClock,
        log: silentLog,
      };
      const transport = new ObsTransport(parts, settings);
      await transport.publish(sample.sent(), never);
      await transport.withdraw(sample.sent());
      const directory = join(sample.directory, `got-by-${name}`);
      await mkdir(directory);
      await (await client(name)).get(BUCKET, 'dcps/影片 1', directory);
      assertSame(await filesIn(directory), sample.files);
    });

    it(`datasource obs reads byte for byte what ${name} put (BN-007, BS-30)`, async () => {
      const { packagePath } = sample.layout;
      await (await client(name)).put(packagePath, BUCKET, `upload/by-${name}`);
      const source = new ObsSource({ http }, settings);
      const upload = { name: '影片 1', url: `obs://${BUCKET}/upload/by-${name}`, keys: undefined };
      const { type, files } = await source.list(upload, never);
      assert.equal(type, 'dir');
      const read: Record<string, Buffer> = {};
      for (const file of files) {
        const range = { offset: 0, length: file.size };
        const chunks: Buffer[] = [];
        for await (const chunk of source.read(upload, { type }, file, range, never)) chunks.push(Buffer.from(chunk));
        read[file.file] = Buffer.concat(chunks);
      }
      assertSame(read, sample.files);
    });
  }
});

/** Says which files differ: to show how would take all memory. */
function assertSame(actual: Files, expected: Files): void {
  assert.deepEqual(Object.keys(actual).toSorted(), Object.keys(expected).toSorted());
  const wrong = Object.keys(expected).filter(file => !actual[file]?.equals(expected[file] ?? Buffer.of()));
  assert.deepEqual(wrong, []);
}

async function filesIn(root: string): Promise<Files> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  const read = await Promise.all(paths.map(async path => [path.slice(root.length + 1), await readFile(path)] as const));
  return Object.fromEntries(read);
}
