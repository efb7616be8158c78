import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { BucketPackages } from '../../src/roles/bucket-packages.ts';
import { createHttpClient } from '../../src/transports/http/client.ts';
import { ObsSource } from '../../src/transports/obs/source.ts';
import { BUCKET, send } from '../devserver/harness.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { OBS_URL, ObsFixture, PREFIX } from '../transports/obs/harness.ts';
import { SamplePackage } from '../transports/sample-package.ts';

const never = new AbortController().signal;
/** Told apart by hash: the differences of large buffers take minutes to print. */
const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex');
const FILES: Readonly<Record<string, Buffer>> = {
  'reel 1.mxf': randomBytes(300_000),
  'sub/片#2?.mxf': randomBytes(100_000),
  'ASSETMAP.xml': randomBytes(900),
  'sub/empty': Buffer.alloc(0),
};

describe('roles: packages of a bucket (BN-007, BS-30, C-35)', () => {
  const at = temporaryDirectory();
  let obs: ObsFixture;
  beforeEach(async () => {
    obs = await ObsFixture.start();
    for (const [file, bytes] of Object.entries(FILES)) await put(`${PREFIX}/${file}`, bytes);
    await obs.takeCounts();
  });
  afterEach(() => obs.server.stop());

  const put = async (key: string, body: Buffer) => {
    const path = `/${BUCKET}/${key.split('/').map(encodeURIComponent).join('/')}`;
    assert.equal((await send(obs.server.port, { method: 'PUT', path, body })).status, 200);
  };
  const packages = (clock: Clock = systemClock) => {
    const access = () => ({ keysOf: async () => obs.keys, urlStyle: 'path' as const });
    const source = new ObsSource({ http: createHttpClient() }, access);
    return new BucketPackages({ source, clock, log: silentLog }, () => at('transfer'));
  };
  const place = { name: 'film', url: OBS_URL, keys: undefined };
  const packagePath = () => at('dcp', 'cfec-001', 'dcps', 'film');
  const bring = (signal = never, onProgress: (bytes: number, total: number) => void = () => {}) =>
    packages().bring(place, packagePath(), signal, onProgress);
  const assertWhole = async (expected = FILES) => {
    const entries = await readdir(packagePath(), { recursive: true, withFileTypes: true });
    const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
    const read = async (path: string) => [path.slice(packagePath().length + 1), sha1(await readFile(path))] as const;
    const wanted = Object.entries(expected).map(([file, bytes]) => [file, sha1(bytes)]);
    assert.deepEqual(Object.fromEntries(await Promise.all(paths.map(read))), Object.fromEntries(wanted));
  };
  const assertClean = async () =>
    assert.deepEqual(await readdir(at('transfer', 'source', 'cfec-001')).catch(() => []), []);

  it('brings a package that is not here, and leaves nothing behind', async () => {
    const seen: [number, number][] = [];
    await bring(never, (bytes, total) => seen.push([bytes, total]));
    await assertWhole();
    await assertClean();
    assert.deepEqual(seen[0], [0, 400_900]);
    assert.deepEqual(seen.at(-1), [400_900, 400_900]);
  });

  it('fetches nothing when all is here', async () => {
    await bring();
    await obs.takeCounts();
    await bring();
    assert.deepEqual(await obs.takeCounts(), { listObjects: 1 });
  });

  it('fetches only what is missing or of another size', async () => {
    await bring();
    await rm(join(packagePath(), 'sub'), { recursive: true });
    await truncate(join(packagePath(), 'ASSETMAP.xml'), 5);
    const { ino } = await stat(join(packagePath(), 'reel 1.mxf'));
    await obs.takeCounts();
    await bring();
    assert.deepEqual(await obs.takeCounts(), { listObjects: 1, getObject: 2 });
    assert.equal((await stat(join(packagePath(), 'reel 1.mxf'))).ino, ino);
    await assertWhole();
  });

  it('fetches an object that was corrected at the same size', async () => {
    await bring();
    const corrected = randomBytes(900);
    await put(`${PREFIX}/ASSETMAP.xml`, corrected);
    await obs.takeCounts();
    await bring();
    assert.deepEqual(await obs.takeCounts(), { listObjects: 1, getObject: 1 });
    await assertWhole({ ...FILES, 'ASSETMAP.xml': corrected });
  });

  it('goes on by file after it was stopped; the package is not to be seen until it is whole', async () => {
    await obs.setFaults({ match: { key: 'reel 1.mxf', operation: 'getObject' }, fault: { kind: 'stall' } });
    const controller = new AbortController();
    const others = 100_900;
    const first = bring(controller.signal, bytes => {
      if (bytes === others) controller.abort();
    });
    await assert.rejects(first, { name: 'AbortError' });
    await assert.rejects(stat(packagePath()), { code: 'ENOENT' });
    await obs.setFaults();
    await obs.takeCounts();
    await bring();
    assert.deepEqual(await obs.takeCounts(), { listObjects: 1, getObject: 1 });
    await assertWhole();
    await assertClean();
  });

  it('what was staged of an earlier content of the bucket does not get into the package', async () => {
    const staged = at('transfer', 'source', 'cfec-001', 'film');
    await mkdir(staged, { recursive: true });
    await writeFile(join(staged, 'gone.xml'), 'no longer in the bucket');
    await writeFile(join(staged, 'ASSETMAP.xml'), 'another size');
    await writeFile(join(staged, 'reel 1.mxf'), randomBytes(300_000));
    await bring();
    await assertWhole();
    await assertClean();
  });

  it('tries a range again when time may heal it, and gives up in the end', async () => {
    const clock = new ManualClock();
    const fault = { kind: 'status', status: 503, code: 'SlowDown' };
    await obs.setFaults({ match: { key: 'reel 1.mxf', operation: 'getObject' }, fault, times: 1 });
    await packages(clock).bring(place, packagePath(), never, () => {});
    assert.equal(clock.sleeps.length, 1);
    await assertWhole();
    await put(`${PREFIX}/new.xml`, Buffer.from('x'));
    await obs.setFaults({ match: { operation: 'getObject' }, fault });
    await assert.rejects(
      packages(clock).bring(place, packagePath(), never, () => {}),
      { permanent: false },
    );
    assert.equal(clock.sleeps.length, 8);
  });

  it('a refusal is thrown at once', async () => {
    const fault = { kind: 'status', status: 403, code: 'AccessDenied' };
    await obs.setFaults({ match: { operation: 'getObject' }, fault });
    await assert.rejects(bring(), { code: 'SOURCE_REFUSES', permanent: true });
    await assert.rejects(stat(packagePath()), { code: 'ENOENT' });
  });

  it('refuses a package that has more than the bucket, before anything is fetched', async () => {
    await mkdir(packagePath(), { recursive: true });
    await writeFile(join(packagePath(), 'more.xml'), 'x');
    await assert.rejects(bring(), {
      code: 'SOURCE_REFUSED',
      message: `${packagePath()}/more.xml is not in ${OBS_URL}`,
    });
    assert.equal((await obs.takeCounts()).getObject, undefined);
  });

  it('follows no link that stands in the place of a directory', async () => {
    await mkdir(packagePath(), { recursive: true });
    await mkdir(at('elsewhere'));
    await symlink(at('elsewhere'), join(packagePath(), 'sub'));
    await assert.rejects(bring(), { code: 'SOURCE_REFUSED' });
    assert.deepEqual(await readdir(at('elsewhere')), []);
  });

  it('names are checked before anything is written', async () => {
    await put(`${PREFIX}/../../x`, Buffer.from('x'));
    await assert.rejects(bring(), { code: 'NAME_UNSAFE' });
    await assert.rejects(readdir(at('transfer')), { code: 'ENOENT' });
  });

  it('brings a single file (BN-014), and refuses a directory in its place', async () => {
    const single = { ...place, url: `${OBS_URL}/reel 1.mxf` };
    await packages().bring(single, packagePath(), never, () => {});
    assert.deepEqual(await readFile(packagePath()), FILES['reel 1.mxf']);
    await rm(packagePath());
    await mkdir(packagePath());
    await assert.rejects(
      packages().bring(single, packagePath(), never, () => {}),
      { code: 'SOURCE_REFUSED' },
    );
    await assertClean();
  });

  describe('of a task that is sent', () => {
    let sample: SamplePackage;
    beforeEach(async () => {
      sample = await SamplePackage.make({ shares: { obs: FILES } });
      sample.task.obs.url = OBS_URL;
    });
    afterEach(() => sample.remove());

    it('fetches again what is gone or cut, and nothing else', async () => {
      const item = sample.sent();
      await rm(dirname(item.sourcePath('sub/empty')), { recursive: true });
      await truncate(item.sourcePath('ASSETMAP.xml'), 5);
      const restored = await packages().restore(item, new Map(), never);
      assert.deepEqual(restored.toSorted(), ['ASSETMAP.xml', 'sub/empty', 'sub/片#2?.mxf']);
      for (const [file, bytes] of Object.entries(FILES)) assert.deepEqual(await readFile(item.sourcePath(file)), bytes);
      assert.deepEqual(await packages().restore(item, new Map(), never), []);
      assert.equal((await obs.takeCounts()).getObject, 2);
      await assertClean();
    });

    it('gives what it fetches the times that the files had', async () => {
      const item = sample.sent();
      const path = item.sourcePath('ASSETMAP.xml');
      const { mtimeMs } = await stat(path);
      await rm(path);
      await packages().restore(item, new Map([['ASSETMAP.xml', mtimeMs]]), never);
      assert.ok(Math.abs((await stat(path)).mtimeMs - mtimeMs) < 1);
    });

    it('refuses what the task was not made of, and leaves the place empty', async () => {
      const item = sample.sent();
      await rm(item.sourcePath('ASSETMAP.xml'));
      await put(`${PREFIX}/ASSETMAP.xml`, randomBytes(900));
      await assert.rejects(packages().restore(item, new Map(), never), {
        code: 'SOURCE_CHANGED',
        message: /ASSETMAP.xml in obs:.* is not what the task cfec-001-film.task.json was made of/,
      });
      await assert.rejects(stat(item.sourcePath('ASSETMAP.xml')), { code: 'ENOENT' });
      await put(`${PREFIX}/ASSETMAP.xml`, FILES['ASSETMAP.xml'] ?? Buffer.alloc(0));
      assert.deepEqual(await packages().restore(item, new Map(), never), ['ASSETMAP.xml']);
    });
  });
});
