import assert from 'node:assert/strict';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { OBS_URL, ObsFixture, PART, statusFault } from './harness.ts';

const never = new AbortController().signal;
const PARTS = 6;
const COMPLETE = 'completeMultipartUpload';

describe('transports/obs: uploads that begin anew', () => {
  let obs: ObsFixture;
  let sample: SamplePackage;
  before(async () => {
    obs = await ObsFixture.start();
    sample = await SamplePackage.make({ shares: { obs: randomFiles({ 'reel.mxf': PARTS * PART }) } });
    sample.task.obs.url = OBS_URL;
  });
  after(async () => {
    await sample.remove();
    await obs.server.stop();
  });
  afterEach(() => obs.clear());

  for (const [code, name] of [
    [404, 'NoSuchUpload'],
    [400, 'InvalidPart'],
    [400, 'InvalidPartOrder'],
  ] as const) {
    it(`${name} at the end: all is sent again, at once and only once, and counted once (BU-08)`, async () => {
      await obs.setFaults(statusFault(COMPLETE, code, name, 1));
      const transport = obs.transport();
      await transport.publish(sample.sent(), never);
      assert.equal((await obs.takeCounts()).uploadPart, 2 * PARTS);
      assert.deepEqual(await obs.object('reel.mxf'), sample.files['reel.mxf']);
      assert.deepEqual(await obs.unfinished(), []);
    });

    it(`${name} again and again is UPLOAD_LOST for good, and leaves nothing`, async () => {
      await obs.setFaults(statusFault(COMPLETE, code, name));
      await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'UPLOAD_LOST', permanent: true });
      assert.equal((await obs.takeCounts()).uploadPart, 2 * PARTS);
      assert.deepEqual(await obs.unfinished(), []);
    });
  }

  it('what is shown of an upload that begins anew is never more than there is (BU-08)', async () => {
    await obs.setFaults(statusFault(COMPLETE, 400, 'InvalidPart', 1));
    const item = sample.sent();
    const looks: number[] = [];
    const look = async () => {
      const state = await transport.status(item);
      if (state.state === 'uploading') looks.push(state.bytes);
    };
    // It asks for room before every few bytes: a look at each of these moments.
    const transport = obs.transport({}, { limits: { through: (_task, _method, _direction, use) => use(look) } });
    await transport.publish(item, never);
    assert.ok(Math.max(...looks) <= PARTS * PART, String(Math.max(...looks)));
    const begun = looks.findIndex(bytes => bytes > 0);
    assert.ok(begun >= 0 && looks.lastIndexOf(0) > begun, `it was counted down: ${looks.join(' ')}`);
  });

  it('parts that the bucket calls too small are OBS_PART_SIZE for good: sent once, then removed', async () => {
    await obs.setFaults(statusFault(COMPLETE, 400, 'EntityTooSmall'));
    await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'OBS_PART_SIZE', permanent: true });
    assert.equal((await obs.takeCounts()).uploadPart, PARTS);
    assert.deepEqual(await obs.unfinished(), []);
  });

  it('another refusal at the end is for good and keeps the parts', async () => {
    await obs.setFaults(statusFault(COMPLETE, 400, 'InvalidRequest'));
    await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'OBS_REFUSED', permanent: true });
    assert.equal((await obs.takeCounts()).uploadPart, PARTS);
    await obs.setFaults();
    await obs.transport().publish(sample.sent(), never);
    assert.equal((await obs.takeCounts()).uploadPart, undefined);
  });
});
