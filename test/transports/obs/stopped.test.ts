import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { send, textsOf } from '../../devserver/harness.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, ObsFixture, PART } from './harness.ts';

const never = new AbortController().signal;

describe('transports/obs: uploads that are stopped', () => {
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
  const assertEnds = async (left: string[] = []) => {
    await obs.setFaults();
    await obs.transport().publish(sample.sent(), never);
    for (const [file, bytes] of Object.entries(sample.files)) assert.deepEqual(await obs.object(file), bytes);
    assert.deepEqual(await obs.unfinished(), left);
  };

  for (const operation of [
    'headObject',
    'putObject',
    'initiateMultipartUpload',
    'uploadPart',
    'completeMultipartUpload',
  ]) {
    it(`an abort while ${operation} stalls ends it, though the answer never comes`, async () => {
      if (operation === 'headObject') await obs.transport().publish(sample.sent(), never);
      await obs.setFaults({ match: { operation }, fault: { kind: 'stall' } });
      await obs.takeCounts();
      const controller = new AbortController();
      const reason = new Error('the window closed');
      const publishing = obs.transport().publish(sample.sent(), controller.signal);
      publishing.catch(() => undefined);
      await until(operation, async () => (await obs.countOf(operation)) > 0);
      controller.abort(reason);
      // Whoever waits for the bucket would wait for ever: it holds its answer back until the fault is taken away.
      await assert.rejects(publishing, reason);
      await assertEnds();
    });
  }

  it('an abort at any moment ends it with the reason, though no answer comes, whatever it was about to send', async () => {
    await obs.setFaults(
      ...['putObject', 'uploadPart'].map(operation => ({ match: { operation }, fault: { kind: 'stall' } })),
    );
    const reason = new Error('the window closed');
    for (let turns = 0; turns < 60; turns += 3) {
      const controller = new AbortController();
      const publishing = obs.transport().publish(sample.sent(), controller.signal);
      publishing.catch(() => undefined);
      for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
      controller.abort(reason);
      await assert.rejects(publishing, reason, `after ${turns} turns`);
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
    const reelParts = async (left: string[] = []) => {
      await assertEnds(left);
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
      // What it named may be another sender's for all that is known now.
      assert.equal(await reelParts(['dcps/film/reel.mxf']), PARTS);
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
});
