import assert from 'node:assert/strict';
import type { BftError } from '../../../src/core/errors.ts';
import { send } from '../../devserver/harness.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, ObsFixture, PART } from './harness.ts';

const never = new AbortController().signal;

const HEALING = [
  [503, 'SlowDown'],
  [500, 'InternalError'],
  [400, 'RequestTimeout'],
  [429, 'TooManyRequests'],
] as const;

describe('transports/obs: uploads that fail or are stopped', () => {
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

  const status = (operation: string, code: number, name: string, times: number | null = null) => ({
    match: { operation },
    times,
    fault: { kind: 'status', status: code, code: name },
  });

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
      it(`${code} ${name} to ${operation} may heal, and leaves no multipart behind`, async () => {
        await obs.setFaults(status(operation, code, name));
        await assert.rejects(obs.transport().publish(sample.sent(), never), (error: BftError) => {
          assert.deepEqual([error.code, error.permanent], ['SOURCE_UNREACHABLE', false], error.message);
          return true;
        });
        assert.deepEqual(await obs.unfinished(), []);
        await obs.setFaults();
        await obs.transport().publish(sample.sent(), never);
        assert.deepEqual(await obs.object('reel.mxf'), sample.files['reel.mxf']);
      });
    }

    it(`403 AccessDenied to ${operation} is a refusal for good, and leaves no multipart behind`, async () => {
      await obs.setFaults(status(operation, 403, 'AccessDenied'));
      await assert.rejects(obs.transport().publish(sample.sent(), never), (error: BftError) => {
        assert.deepEqual([error.code, error.permanent], ['OBS_REFUSED', true], error.message);
        assert.match(error.message, /^obs:\/\/films\/dcps\/film\//);
        return true;
      });
      assert.deepEqual(await obs.unfinished(), []);
    });

    it(`a connection that is cut in ${operation} may heal, and leaves no multipart behind`, async () => {
      // Only an object that is there has an answer that can be cut.
      if (operation === 'headObject') await obs.transport().publish(sample.sent(), never);
      await obs.setFaults({ match: { operation }, fault: { kind: 'cut' } });
      await assert.rejects(obs.transport().publish(sample.sent(), never), {
        code: 'SOURCE_UNREACHABLE',
        permanent: false,
      });
      assert.deepEqual(await obs.unfinished(), []);
    });
  }

  it('one failed part of many leaves nothing of its file; the other files may be there', async () => {
    await obs.setFaults({
      match: { operation: 'uploadPart', key: 'reel' },
      times: 1,
      fault: { kind: 'status', status: 500, code: 'InternalError' },
    });
    await assert.rejects(obs.transport().publish(sample.sent(), never));
    assert.deepEqual(await obs.unfinished(), []);
    assert.ok(!(await obs.keysInBucket()).includes('dcps/film/reel.mxf'));
  });

  it('fault 31: parts that a daemon left when it died are cleared away, those of other keys are not', async () => {
    for (const key of ['reel.mxf', 'reel.mxf', 'reel.mxf.bak']) {
      await send(obs.server.port, { method: 'POST', path: `/films/dcps/film/${key}?uploads` });
    }
    await obs.transport().publish(sample.sent(), never);
    assert.deepEqual(await obs.unfinished(), ['dcps/film/reel.mxf.bak']);
    assert.deepEqual(await obs.object('reel.mxf'), sample.files['reel.mxf']);
  });

  it('keys that may not list uploads can still upload', async () => {
    await obs.setFaults(status('listMultipartUploads', 403, 'AccessDenied'));
    await obs.transport().publish(sample.sent(), never);
    assert.deepEqual(await obs.object('reel.mxf'), sample.files['reel.mxf']);
  });

  it('the error that is thrown is the first one, also when the clearing up fails', async () => {
    await obs.setFaults(
      status('uploadPart', 403, 'AccessDenied'),
      status('abortMultipartUpload', 500, 'InternalError'),
    );
    await assert.rejects(obs.transport().publish(sample.sent(), never), { code: 'OBS_REFUSED', message: /403/ });
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

  for (const operation of [
    'headObject',
    'putObject',
    'initiateMultipartUpload',
    'uploadPart',
    'completeMultipartUpload',
  ]) {
    it(`an abort while ${operation} stalls ends it within a second, and leaves no multipart behind`, async () => {
      if (operation === 'headObject') await obs.transport().publish(sample.sent(), never);
      await obs.setFaults({ match: { operation }, fault: { kind: 'stall' } });
      await obs.takeCounts();
      const controller = new AbortController();
      const reason = new Error('the window closed');
      const publishing = obs.transport().publish(sample.sent(), controller.signal);
      publishing.catch(() => undefined);
      await until(operation, async () => (await obs.countOf(operation)) > 0);
      const begin = performance.now();
      controller.abort(reason);
      await assert.rejects(publishing, reason);
      const took = performance.now() - begin;
      assert.ok(took < 1000, `${took} ms`);
      assert.deepEqual(await obs.unfinished(), []);
    });
  }

  it('an abort at any moment ends it within a second with the reason, whatever it was about to send', async () => {
    await obs.setFaults(
      ...['putObject', 'uploadPart'].map(operation => ({ match: { operation }, fault: { kind: 'stall' } })),
    );
    const reason = new Error('the window closed');
    for (let turns = 0; turns < 60; turns += 3) {
      const controller = new AbortController();
      const publishing = obs.transport().publish(sample.sent(), controller.signal);
      publishing.catch(() => undefined);
      for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
      const begin = performance.now();
      controller.abort(reason);
      await assert.rejects(publishing, reason, `after ${turns} turns`);
      assert.ok(performance.now() - begin < 1000, `after ${turns} turns: ${performance.now() - begin} ms`);
    }
    assert.deepEqual(await obs.unfinished(), []);
  });

  it('the reason of the signal is thrown also when the clearing up fails', async () => {
    await obs.setFaults(status('abortMultipartUpload', 503, 'SlowDown'), {
      match: { operation: 'uploadPart' },
      fault: { kind: 'stall' },
    });
    const controller = new AbortController();
    const reason = new Error('the window closed');
    const publishing = obs.transport().publish(sample.sent(), controller.signal);
    publishing.catch(() => undefined);
    await until('a part', async () => (await obs.countOf('uploadPart')) > 0);
    controller.abort(reason);
    await assert.rejects(publishing, reason);
  });

  it('a clearing up that gets no answer does not keep an abort for more than a second', async () => {
    await obs.setFaults(
      ...['abortMultipartUpload', 'uploadPart'].map(operation => ({ match: { operation }, fault: { kind: 'stall' } })),
    );
    const controller = new AbortController();
    const publishing = obs.transport().publish(sample.sent(), controller.signal);
    publishing.catch(() => undefined);
    await until('a part', async () => (await obs.countOf('uploadPart')) > 0);
    const begin = performance.now();
    controller.abort(new Error('the window closed'));
    await assert.rejects(publishing, /the window closed/);
    assert.ok(performance.now() - begin < 1000, `${performance.now() - begin} ms`);
  });
});
