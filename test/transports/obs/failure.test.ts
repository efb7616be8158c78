import assert from 'node:assert/strict';
import type { BftError } from '../../../src/core/errors.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { OBS_URL, ObsFixture, PART, statusFault as status } from './harness.ts';

const never = new AbortController().signal;

const HEALING = [
  [503, 'SlowDown'],
  [500, 'InternalError'],
  [400, 'RequestTimeout'],
  [429, 'TooManyRequests'],
] as const;

describe('transports/obs: uploads that fail', () => {
  let obs: ObsFixture;
  let sample: SamplePackage;
  before(async () => {
    obs = await ObsFixture.start();
    sample = await SamplePackage.make({
      shares: { obs: randomFiles({ 'reel.mxf': 8 * PART, 'b.mxf': 3 * PART, 'c.xml': 500 }) },
    });
    sample.task.obs.url = OBS_URL;
  });
  after(async () => {
    await sample.remove();
    await obs.server.stop();
  });
  afterEach(() => obs.clear());

  /** The faults are over. */
  const assertEnds = async () => {
    await obs.setFaults();
    await obs.transport().publish(sample.sent(), never);
    for (const [file, bytes] of Object.entries(sample.files)) assert.deepEqual(await obs.object(file), bytes);
    assert.deepEqual(await obs.unfinished(), []);
  };

  for (const operation of [
    'headObject',
    'putObject',
    'initiateMultipartUpload',
    'uploadPart',
    'completeMultipartUpload',
  ]) {
    for (const [code, name] of HEALING) {
      // An answer to HEAD has no body that could name a code.
      if (operation === 'headObject' && code === 400) continue;
      it(`${code} ${name} to ${operation} may heal; the next try ends it and leaves no multipart behind`, async () => {
        await obs.setFaults(status(operation, code, name));
        await assert.rejects(obs.transport().publish(sample.sent(), never), (error: BftError) => {
          assert.deepEqual([error.code, error.permanent], ['SOURCE_UNREACHABLE', false], error.message);
          return true;
        });
        await assertEnds();
      });
    }

    it(`403 AccessDenied to ${operation} is a refusal for good`, async () => {
      await obs.setFaults(status(operation, 403, 'AccessDenied'));
      await assert.rejects(obs.transport().publish(sample.sent(), never), (error: BftError) => {
        assert.deepEqual([error.code, error.permanent], ['OBS_REFUSED', true], error.message);
        assert.match(error.message, /^(part 1 of )?obs:\/\/films\/dcps\/film\//);
        return true;
      });
      await assertEnds();
    });

    it(`a connection that is cut in ${operation} may heal`, async () => {
      // Only an object that is there has an answer that can be cut.
      if (operation === 'headObject') await obs.transport().publish(sample.sent(), never);
      await obs.setFaults({ match: { operation }, fault: { kind: 'cut' } });
      // The object itself tells that the parts were put together.
      if (operation === 'completeMultipartUpload') await obs.transport().publish(sample.sent(), never);
      else
        await assert.rejects(obs.transport().publish(sample.sent(), never), {
          code: 'SOURCE_UNREACHABLE',
          permanent: false,
        });
      await assertEnds();
    });
  }

  it('a part that fails heals by itself: no other part is sent again', async () => {
    await obs.setFaults({
      ...status('uploadPart', 500, 'InternalError', 3),
      match: { operation: 'uploadPart', key: 'reel' },
    });
    await obs.transport().publish(sample.sent(), never);
    assert.equal(await obs.countOf('uploadPart'), 8 + 3 + 3);
    await assertEnds();
  });

  it('keys that may not list uploads can still upload', async () => {
    await obs.setFaults(status('listMultipartUploads', 403, 'AccessDenied'));
    await obs.transport().publish(sample.sent(), never);
    assert.deepEqual(await obs.object('reel.mxf'), sample.files['reel.mxf']);
  });

  const KEYS: [name: string, changes: object][] = [
    ['a wrong secret', { secretKey: 'wrong' }],
    ['an unknown access key', { accessKey: 'NOBODY' }],
  ];
  for (const [name, changes] of KEYS) {
    it(`${name}: OBS_REFUSED for good, and no key is shown (hostile input 12)`, async () => {
      const transport = obs.transport({ keys: { ...obs.keys, ...changes } });
      await assert.rejects(transport.publish(sample.sent(), never), (error: BftError) => {
        assert.deepEqual([error.code, error.permanent], ['OBS_REFUSED', true]);
        assert.doesNotMatch(error.message, /NOBODY|wrong|TESTACCESSKEY|TestSecret/);
        return true;
      });
      assert.deepEqual(await obs.takeCounts(), {});
    });
  }

  it('an unknown bucket is a refusal for good', async () => {
    sample.task.obs.url = 'obs://nowhere/dcps/film';
    try {
      await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'OBS_REFUSED', permanent: true });
    } finally {
      sample.task.obs.url = OBS_URL;
    }
  });

  it('nobody at the endpoint: may heal', async () => {
    const gone = await ObsFixture.start();
    const transport = obs.transport({ keys: gone.keys });
    await gone.server.stop();
    await assert.rejects(transport.publish(sample.sent(), never), { code: 'SOURCE_UNREACHABLE', permanent: false });
  });

  it('no keys anywhere: OBS_CREDENTIALS, for good', async () => {
    const transport = obs.transport({ keys: null });
    await assert.rejects(transport.publish(sample.sent(), never), { code: 'OBS_CREDENTIALS', permanent: true });
  });
});
