import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../src/core/clock.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, ObsFixture, PART, PREFIX } from './harness.ts';

const never = new AbortController().signal;
const SIZES = { 'reel 1.mxf': 5 * PART + 1, 'sub/片#2?.mxf': PART + 1, 'ASSETMAP.xml': 900 };

describe('transports/obs: files that are not what they were', () => {
  let obs: ObsFixture;
  let sample: SamplePackage;
  before(async () => {
    obs = await ObsFixture.start();
  });
  after(() => obs.server.stop());
  beforeEach(async () => {
    sample = await SamplePackage.make({ shares: { obs: randomFiles(SIZES) } });
    sample.task.obs.url = OBS_URL;
  });
  afterEach(async () => {
    await sample.remove();
    await obs.clear();
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
