import assert from 'node:assert/strict';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../src/core/clock.ts';
import { inParallel } from '../../../src/core/parallel.ts';
import { BUCKET, send } from '../../devserver/harness.ts';
import type { Limiter } from '../../../src/transfer/rate-limits.ts';
import { parseSignedList } from '../../../src/transports/obs/signed-list.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, ObsFixture, PART, PREFIX } from './harness.ts';

const never = new AbortController().signal;
const SIZES = {
  'reel 1.mxf': 5 * PART + 1,
  'sub/片#2?.mxf': PART + 1,
  'exact.mxf': PART,
  'ASSETMAP.xml': 900,
  empty: 0,
};

describe('transports/obs: publish', () => {
  let obs: ObsFixture;
  let sample: SamplePackage;
  before(async () => {
    obs = await ObsFixture.start();
  });
  after(() => obs.server.stop());
  beforeEach(async () => {
    sample = await SamplePackage.make({ shares: { obs: randomFiles(SIZES), cdn: randomFiles({ 'cdn.mxf': 7000 }) } });
    sample.task.obs.url = OBS_URL;
  });
  afterEach(async () => {
    await sample.remove();
    await obs.clear();
  });

  const listPath = (name = 'cfec-001-film.signed.json') => join(sample.storageRoot, 'cfec-001/dcps-tmp', name);

  const assertUploaded = async (files: readonly string[]) => {
    assert.deepEqual(await obs.keysInBucket(), files.map(file => `${PREFIX}/${file}`).toSorted());
    for (const file of files) assert.deepEqual(await obs.object(file), sample.files[file], file);
  };

  it('uploads the obs share, in parts what is larger than a part (BO-02)', async () => {
    const transport = obs.transport();
    await transport.publish(sample.sent(), never);
    const counts = await obs.takeCounts();
    await assertUploaded(Object.keys(SIZES));
    assert.deepEqual(
      [counts.initiateMultipartUpload, counts.uploadPart, counts.completeMultipartUpload],
      [2, 6 + 2, 2],
    );
    assert.deepEqual([counts.putObject, counts.abortMultipartUpload], [3, undefined]);
    assert.deepEqual(await transport.status(sample.sent()), { state: 'available' });
  });

  it('decision 21: obsupload all uploads the whole package', async () => {
    await obs.transport({ upload: 'all' }).publish(sample.sent(), never);
    await assertUploaded(Object.keys(sample.files));
  });

  const put = async (file: string, body: Buffer | string) => {
    const path = `/${BUCKET}/${PREFIX}/${file.split('/').map(encodeURIComponent).join('/')}`;
    const { status, text } = await send(obs.server.port, { method: 'PUT', path, body });
    assert.equal(status, 200, text);
  };
  const putAll = async () => {
    for (const [file, bytes] of Object.entries(sample.files)) await put(file, bytes);
    await obs.takeCounts();
  };
  const total = Object.values(SIZES).reduce((sum, size) => sum + size, 0);

  for (const [title, needsUpload, datasource] of [
    ['BN-006, BO-03: machinetype hwecs', false, 'local'],
    ['BS-30: datasource obs', true, 'obs'],
  ] as const) {
    it(`${title} uploads nothing, looks what is there, and signs`, async () => {
      await putAll();
      sample.task.datasource = datasource;
      const transport = obs.transport({ needsUpload });
      await transport.publish(sample.sent(), never);
      assert.deepEqual(await obs.takeCounts(), { listObjects: 1 });
      const list = parseSignedList(await readFile(listPath()), Object.keys(SIZES), 'x');
      assert.equal(list.size, Object.keys(SIZES).length);
      assert.deepEqual(await transport.status(sample.sent()), { state: 'available' });
    });

    it(`${title}: what the bucket lacks is named, and time may heal it (BU-08)`, async () => {
      sample.task.datasource = datasource;
      await put('reel 1.mxf', sample.files['reel 1.mxf'] ?? '');
      await put('ASSETMAP.xml', 'short');
      await put('empty', '');
      const transport = obs.transport({ needsUpload });
      await assert.rejects(transport.publish(sample.sent(), never), {
        code: 'OBS_INCOMPLETE',
        permanent: false,
        message: `${OBS_URL} is not complete: sub/片#2?.mxf is missing; exact.mxf is missing; ASSETMAP.xml has 5 bytes, not 900`,
      });
      await assert.rejects(access(listPath()), 'nothing is announced');
      const state = await transport.status(sample.sent());
      assert.deepEqual(state, { state: 'uploading', bytes: SIZES['reel 1.mxf'], total });
      await putAll();
      await transport.publish(sample.sent(), never);
      assert.deepEqual(await transport.status(sample.sent()), { state: 'available' });
    });
  }

  it('decision 21: obsupload all compares the whole package (BU-08)', async () => {
    await putAll();
    const transport = obs.transport({ upload: 'all', needsUpload: false });
    await transport.publish(sample.sent(), never);
    await send(obs.server.port, { method: 'DELETE', path: `/${BUCKET}/${PREFIX}/cdn.mxf` });
    assert.deepEqual(await transport.status(sample.sent()), { state: 'uploading', bytes: total, total: total + 7000 });
    await assert.rejects(transport.publish(sample.sent(), never), {
      code: 'OBS_INCOMPLETE',
      message: `${OBS_URL} is not complete: cdn.mxf is missing`,
    });
  });

  it('BO-03: asks for nothing beside the package', async () => {
    await putAll();
    const beside = Array.from({ length: 1001 }, (_, index) => `/${BUCKET}/${PREFIX}-2/${index}.xml`);
    await inParallel(beside, 32, never, async path => {
      await send(obs.server.port, { method: 'PUT', path, body: '' });
    });
    await obs.takeCounts();
    await obs.transport({ needsUpload: false }).publish(sample.sent(), never);
    assert.deepEqual(await obs.takeCounts(), { listObjects: 1 });
    // One clearing takes a page of 1000.
    await obs.clear();
  });

  it('BO-03, BN-014: of a single file asks for that object', async () => {
    const single = await SamplePackage.make({ shares: { obs: randomFiles({ film: 500 }) } });
    try {
      Object.assign(single.task, { type: 'file', obs: { url: OBS_URL } });
      const transport = obs.transport({ needsUpload: false });
      await assert.rejects(transport.publish(single.sent(), never), {
        message: `${OBS_URL} is not complete: film is missing`,
      });
      await send(obs.server.port, { method: 'PUT', path: `/${BUCKET}/${PREFIX}`, body: single.files.film ?? '' });
      await obs.takeCounts();
      await transport.publish(single.sent(), never);
      assert.deepEqual(await obs.takeCounts(), { headObject: 1 });
    } finally {
      await single.remove();
    }
  });

  it('writes the list under the name that the task gives it, and every other task its own', async () => {
    await obs.transport().publish(sample.sent(), never);
    const own = await readFile(listPath(), 'utf8');
    sample.task.obs.signedlist = 'http://127.0.0.1/dcp/cfec-001/dcps-tmp/film.signed.json';
    sample.task.obslist = ['ASSETMAP.xml'];
    await obs.transport().publish(sample.sent(), never);
    assert.equal(parseSignedList(await readFile(listPath('film.signed.json')), ['ASSETMAP.xml'], 'x').size, 1);
    assert.equal(await readFile(listPath(), 'utf8'), own);
  });

  it('BO-03: whether it is there cannot be told while nobody answers', async () => {
    await obs.setFaults({
      match: { operation: 'listObjects' },
      fault: { kind: 'status', status: 503, code: 'SlowDown' },
    });
    const transport = obs.transport({ needsUpload: false });
    await assert.rejects(transport.publish(sample.sent(), never), { code: 'SOURCE_UNREACHABLE', permanent: false });
    assert.equal((await transport.status(sample.sent())).state, 'unavailable');
  });

  it('skips what the bucket has, also for a new process', async () => {
    await obs.transport().publish(sample.sent(), never);
    await obs.takeCounts();
    await obs.transport().publish(sample.sent(), never);
    assert.deepEqual(await obs.takeCounts(), { headObject: Object.keys(SIZES).length });
  });

  it('uploads again what the bucket has otherwise: another size, or another content of the same size', async () => {
    await obs.transport().publish(sample.sent(), never);
    for (const body of ['short', Buffer.alloc(900, 1)]) {
      await send(obs.server.port, { method: 'PUT', path: `/films/${PREFIX}/ASSETMAP.xml`, body });
      await obs.takeCounts();
      await obs.transport().publish(sample.sent(), never);
      assert.equal((await obs.takeCounts()).putObject, 1);
      await assertUploaded(Object.keys(SIZES));
    }
  });

  it('decision 19: writes a list of signed addresses beside the torrents, which anyone can read until it expires', async () => {
    const begin = Date.now();
    await obs.transport({ signedHours: 2 }).publish(sample.sent(), never);
    const text = await readFile(listPath(), 'utf8');
    assert.doesNotMatch(text, /TestSecretKey/);
    const { expires } = JSON.parse(text) as { expires: string };
    const hours = (Date.parse(expires) - begin) / 3_600_000;
    assert.ok(hours >= 2 && hours < 2.01, expires);
    const urls = parseSignedList(Buffer.from(text), Object.keys(SIZES), 'x');
    assert.deepEqual([...urls.keys()].toSorted(), Object.keys(SIZES).toSorted());
    for (const [file, url] of urls) {
      const answer = await fetch(url, file === 'empty' ? {} : { headers: { range: 'bytes=0-99' } });
      assert.equal(answer.status, file === 'empty' ? 200 : 206, file);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), sample.files[file]?.subarray(0, 100));
      const seconds = Number(new URL(url).searchParams.get('Expires')) - begin / 1000;
      assert.ok(seconds > 7190 && seconds < 7210, String(seconds));
    }
  });

  it('BU-08: status counts the bytes in the bucket while it uploads', async () => {
    const transport = obs.transport();
    const item = sample.sent();
    assert.deepEqual(await transport.status(item), { state: 'unavailable', reason: 'not published' });
    await obs.setFaults({ match: { operation: 'completeMultipartUpload' }, fault: { kind: 'stall' } });
    const controller = new AbortController();
    const publishing = transport.publish(item, controller.signal);
    publishing.catch(() => undefined);
    await until('all parts', async () => {
      const state = await transport.status(item);
      assert.notEqual(state.state, 'available');
      return state.state === 'uploading' && state.bytes === total;
    });
    assert.deepEqual(await transport.status(item), { state: 'uploading', bytes: total, total });
    controller.abort();
    await assert.rejects(publishing, { name: 'AbortError' });
  });

  it('withdraw forgets it, twice over, and leaves the objects', async () => {
    const transport = obs.transport();
    await transport.withdraw(sample.sent());
    await transport.publish(sample.sent(), never);
    await transport.withdraw(sample.sent());
    await transport.withdraw(sample.sent());
    assert.deepEqual(await transport.status(sample.sent()), { state: 'unavailable', reason: 'not published' });
    await assertUploaded(Object.keys(SIZES));
  });

  it('a file that is not there fails the upload', async () => {
    await rm(join(sample.layout.packagePath, 'reel 1.mxf'));
    await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'SOURCE_MISSING', permanent: true });
    assert.ok(!(await obs.keysInBucket()).includes(`${PREFIX}/reel 1.mxf`));
  });

  for (const file of ['ASSETMAP.xml', 'reel 1.mxf'])
    it(`fault 18: ${file} that became shorter is not taken for the one that was hashed`, async () => {
      await writeFile(join(sample.layout.packagePath, file), 'short');
      await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'SOURCE_CHANGED', permanent: true });
      assert.ok(!(await obs.keysInBucket()).includes(`${PREFIX}/${file}`));
    });

  it('fault 18: a file that changed since its upload was stopped begins anew: no part of the other content is used', async () => {
    const transport = obs.transport({ connections: 1 });
    const item = sample.sent();
    await obs.setFaults({ match: { operation: 'uploadPart', key: 'reel' }, times: 1, fault: { kind: 'stall' } });
    const controller = new AbortController();
    const publishing = transport.publish(item, controller.signal);
    publishing.catch(() => undefined);
    await until('the first part', async () => (await obs.countOf('uploadPart')) === 1);
    controller.abort(new Error('the window closed'));
    await assert.rejects(publishing, /the window closed/);
    const path = join(sample.layout.packagePath, 'reel 1.mxf');
    const bytes = Buffer.from(sample.files['reel 1.mxf'] ?? '');
    bytes[3 * PART] = (bytes[3 * PART] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await obs.takeCounts();
    await transport.publish(item, never);
    const { uploadPart } = await obs.takeCounts();
    assert.equal(uploadPart, 6 + 2);
  });

  it('what the limits do not let through does not go out; all that goes out has asked', async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const throttle = (bytes: number) => {
      asked += bytes;
      return asked > 2 * PART ? gate.promise : Promise.resolve();
    };
    const limits: Limiter = {
      through: (task, method, direction, use) => {
        assert.deepEqual([task, method, direction], [sample.sent().name, 'obs', 'up']);
        return use(throttle);
      },
    };
    const publishing = obs.transport({}, { limits }).publish(sample.sent(), never);
    await until('the limit', () => asked > 2 * PART);
    assert.ok((await obs.keysInBucket()).length < Object.keys(SIZES).length);
    gate.resolve();
    await publishing;
    await assertUploaded(Object.keys(SIZES));
    assert.equal(asked, total);
  });

  it('fault 18: a file that changes while it is uploaded is refused, and nothing of it stays', async () => {
    const path = join(sample.layout.packagePath, 'reel 1.mxf');
    const bytes = Buffer.from(sample.files['reel 1.mxf'] ?? '');
    bytes[3 * PART] = (bytes[3 * PART] ?? 0) ^ 1;
    // The first part is there, the second one waits for its next try.
    const clock = { ...systemClock, sleep: () => writeFile(path, bytes) };
    await obs.setFaults({
      match: { operation: 'uploadPart', key: 'reel' },
      times: 1,
      fault: { kind: 'status', status: 500, code: 'InternalError' },
    });
    const publishing = obs.transport({ connections: 1 }, { clock }).publish(sample.sent(), never);
    await assert.rejects(publishing, { code: 'SOURCE_CHANGED', permanent: true });
    assert.deepEqual(await obs.unfinished(), []);
    assert.ok(!(await obs.keysInBucket()).includes(`${PREFIX}/reel 1.mxf`));
  });
});
