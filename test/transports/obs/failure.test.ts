import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BftError } from '../../../src/core/errors.ts';
import { send, textsOf } from '../../devserver/harness.ts';
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
    it(`an abort while ${operation} stalls ends it within a second`, async () => {
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
      await assertEnds();
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
    await assertEnds();
  });

  describe('an upload that was stopped half-way', () => {
    const PARTS = 8;
    const record = async () => {
      const directory = join(obs.uploadsPath, sample.sent().key);
      const names = (await readdir(directory).catch(() => [])).filter(name => name.endsWith('.upload'));
      for (const name of names) {
        const path = join(directory, name);
        const text = await readFile(path, 'utf8');
        if (text.includes('reel.mxf')) return { path, text, lines: text.split('\n').length - 1 };
      }
      return { path: '', text: '', lines: 0 };
    };
    const partsInBucket = async () => {
      const path = '/films/dcps/film/reel.mxf';
      const uploads = await send(obs.server.port, { path: '/films?uploads' });
      const upload = textsOf(uploads, 'UploadId')[textsOf(uploads, 'Key').indexOf('dcps/film/reel.mxf')] ?? '';
      const listed = await send(obs.server.port, { path: `${path}?uploadId=${upload}` });
      return { path: `${path}?uploadId=${upload}`, count: textsOf(listed, 'PartNumber').length };
    };
    beforeEach(async () => {
      await obs.setFaults(
        { match: { operation: 'uploadPart', key: 'b.mxf' }, fault: { kind: 'stall' } },
        { match: { operation: 'completeMultipartUpload' }, fault: { kind: 'stall' } },
      );
      const controller = new AbortController();
      const publishing = obs.transport().publish(sample.sent(), controller.signal);
      publishing.catch(() => undefined);
      await until('some parts', async () => (await record()).lines >= PARTS / 2);
      controller.abort(new Error('the window closed'));
      await assert.rejects(publishing);
      await obs.setFaults();
      await obs.takeCounts();
    });
    const reelParts = async () => {
      await assertEnds();
      return (await obs.countOf('uploadPart')) - 3;
    };
    /** What was on its way when it was stopped may have arrived after that. */
    const assertReelParts = async (most: number) => {
      const sent = await reelParts();
      assert.ok(sent <= most, `${sent}, not ${most}`);
    };

    it('sends only the parts that the bucket lacks', async () => {
      const { count } = await partsInBucket();
      assert.ok(count > 0);
      await assertReelParts(PARTS - count);
    });

    it('parts that the bucket took and nobody could note are compared, not sent again; a torn line does no harm', async () => {
      const { count } = await partsInBucket();
      const { path, text } = await record();
      await writeFile(path, `${text.split('\n')[0]}\n{"part":7,"et`);
      await assertReelParts(PARTS - count);
    });

    it('a part in the bucket that is another one is sent again', async () => {
      const { path, count } = await partsInBucket();
      const { part } = JSON.parse((await record()).text.split('\n')[1] ?? '') as { part: number };
      await send(obs.server.port, { method: 'PUT', path: `${path}&partNumber=${part}`, body: randomBytes(PART) });
      await obs.takeCounts();
      await assertReelParts(PARTS - count + 1);
    });

    it('with a damaged record it begins anew', async () => {
      await writeFile((await record()).path, 'torn');
      assert.equal(await reelParts(), PARTS);
    });

    it('one that the bucket forgot begins anew', async () => {
      const { path } = await partsInBucket();
      await send(obs.server.port, { method: 'DELETE', path });
      assert.equal(await reelParts(), PARTS);
    });

    it('parts of a file that the task no longer has are removed', async () => {
      const item = sample.sent();
      const shorter = item.withTask({ ...item.task, obslist: ['c.xml'] });
      await obs.transport().publish(shorter, never);
      assert.deepEqual(await obs.unfinished(), []);
    });
  });

  it('decision 14: what is given up for good leaves no parts, noted or not', async () => {
    await send(obs.server.port, { method: 'POST', path: '/films/dcps/film/b.mxf?uploads' });
    await send(obs.server.port, { method: 'POST', path: '/films/dcps/film/of-somebody-else?uploads' });
    await obs.setFaults(status('uploadPart', 403, 'AccessDenied'));
    const transport = obs.transport();
    await assert.rejects(transport.publish(sample.sent(), never));
    await transport.discard(sample.sent());
    assert.deepEqual(await obs.unfinished(), ['dcps/film/of-somebody-else']);
    await obs.takeCounts();
    await transport.discard(sample.sent());
    assert.deepEqual(await obs.takeCounts(), {}, 'there is nothing left to discard');
  });

  it('a bucket that does not answer keeps nobody from giving up', async () => {
    await obs.setFaults(status('uploadPart', 403, 'AccessDenied'), status('abortMultipartUpload', 503, 'SlowDown'));
    const transport = obs.transport();
    await assert.rejects(transport.publish(sample.sent(), never));
    await transport.discard(sample.sent());
    await assertEnds();
  });
});
