import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../../../src/core/parallel.ts';
import { parseSignedList } from '../../../src/transports/obs/signed-list.ts';
import { BUCKET, send } from '../../devserver/harness.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { OBS_URL, ObsFixture, PART, PREFIX } from './harness.ts';

const never = new AbortController().signal;
const SIZES = {
  'reel 1.mxf': 5 * PART + 1,
  'sub/片#2?.mxf': PART + 1,
  'exact.mxf': PART,
  'ASSETMAP.xml': 900,
  empty: 0,
};

describe('transports/obs: what users put into the bucket', () => {
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

  const listPath = () => join(sample.storageRoot, 'cfec-001/dcps-tmp/cfec-001-film.signed.json');

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

  it('BO-03: whether it is there cannot be told while nobody answers', async () => {
    await obs.setFaults({
      match: { operation: 'listObjects' },
      fault: { kind: 'status', status: 503, code: 'SlowDown' },
    });
    const transport = obs.transport({ needsUpload: false });
    await assert.rejects(transport.publish(sample.sent(), never), { code: 'SOURCE_UNREACHABLE', permanent: false });
    assert.equal((await transport.status(sample.sent())).state, 'unavailable');
  });
});
