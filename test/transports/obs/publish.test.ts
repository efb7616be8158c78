import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { send } from '../../devserver/harness.ts';
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

  const total = Object.values(SIZES).reduce((sum, size) => sum + size, 0);

  it('writes the list under the name that the task gives it, and every other task its own', async () => {
    await obs.transport().publish(sample.sent(), never);
    const own = await readFile(listPath(), 'utf8');
    sample.task.obs.signedlist = 'http://127.0.0.1/dcp/cfec-001/dcps-tmp/film.signed.json';
    sample.task.obslist = ['ASSETMAP.xml'];
    await obs.transport().publish(sample.sent(), never);
    assert.equal(parseSignedList(await readFile(listPath('film.signed.json')), ['ASSETMAP.xml'], 'x').size, 1);
    assert.equal(await readFile(listPath(), 'utf8'), own);
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
});
