import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Limiter } from '../../../src/transfer/rate-limits.ts';
import { unlessAborted } from '../../../src/core/unless-aborted.ts';
import type { Throttle } from '../../../src/transports/obs/put-bytes.ts';
import { send } from '../../devserver/harness.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, ObsFixture, PART, PREFIX, statusFault } from './harness.ts';

const never = new AbortController().signal;
const WEEK_MS = 7 * 24 * 3_600_000;
const PARTS = 8;

describe('transports/obs: what is left half uploaded', () => {
  let obs: ObsFixture;
  let sample: SamplePackage;
  before(async () => {
    obs = await ObsFixture.start();
    sample = await SamplePackage.make({
      shares: { obs: randomFiles({ 'reel.mxf': PARTS * PART, 'b.mxf': 3 * PART, 'c.xml': 500 }) },
    });
    sample.task.obs.url = OBS_URL;
  });
  after(async () => {
    await sample.remove();
    await obs.server.stop();
  });
  afterEach(() => obs.clear());

  const begin = (key: string) => send(obs.server.port, { method: 'POST', path: `/films/${PREFIX}/${key}?uploads` });
  const later = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms });
  const assertWhole = async () => {
    for (const [file, bytes] of Object.entries(sample.files)) assert.deepEqual(await obs.object(file), bytes, file);
  };
  /** Lets so many bytes out and then no more until it is released. */
  const heldAfter = (most: number) => {
    const held = Promise.withResolvers<void>();
    let bytes = 0;
    const throttle: Throttle = async (more, signal) => {
      bytes += more;
      if (bytes > most) await unlessAborted(held.promise, signal);
    };
    const limits: Limiter = { through: (_task, _method, _direction, use) => use(throttle) };
    return { limits, release: held.resolve };
  };
  const stopWhen = async (condition: () => Promise<boolean>, limits?: Limiter) => {
    const controller = new AbortController();
    const parts = limits ? { limits } : {};
    const publishing = obs.transport({ connections: 1 }, parts).publish(sample.sent(), controller.signal);
    publishing.catch(() => undefined);
    await until('it is to be stopped', condition);
    controller.abort(new Error('the window closed'));
    await assert.rejects(publishing, /the window closed/);
  };
  /** Stopped when the first parts of the reel are in the bucket. */
  const stopHalfWay = async () => {
    await stopWhen(async () => (await obs.countOf('uploadPart')) >= 2, heldAfter(3 * PART).limits);
    assert.deepEqual(await obs.unfinished(), [`${PREFIX}/reel.mxf`]);
  };

  it('fault 31: an upload that was begun without its id being learnt is removed; others of that object and of other keys stay', async () => {
    await begin('reel.mxf');
    await begin('reel.mxf.bak');
    await obs.setFaults({ match: { operation: 'initiateMultipartUpload' }, fault: { kind: 'stall' } });
    await stopWhen(async () => (await obs.unfinished()).filter(key => key === `${PREFIX}/reel.mxf`).length === 2);
    await obs.setFaults();
    await obs.transport().publish(sample.sent(), never);
    assert.deepEqual((await obs.unfinished()).toSorted(), [`${PREFIX}/reel.mxf`, `${PREFIX}/reel.mxf.bak`]);
    await assertWhole();
  });

  it('when another sender could have begun it as well, it stays', async () => {
    await obs.setFaults({ match: { operation: 'initiateMultipartUpload' }, fault: { kind: 'stall' } });
    await stopWhen(async () => (await obs.unfinished()).length === 1);
    await obs.setFaults();
    await begin('reel.mxf');
    await obs.transport().publish(sample.sent(), never);
    assert.deepEqual(await obs.unfinished(), [`${PREFIX}/reel.mxf`, `${PREFIX}/reel.mxf`]);
  });

  it('uploads of these objects that are older than a week are removed, whoever began them', async () => {
    await begin('reel.mxf');
    await begin('reel.mxf.bak');
    await obs.transport({}, { clock: later(WEEK_MS - 60_000) }).publish(sample.sent(), never);
    assert.equal((await obs.unfinished()).length, 2);
    await send(obs.server.port, { method: 'DELETE', path: `/films/${PREFIX}/reel.mxf` });
    await obs.transport({}, { clock: later(WEEK_MS + 60_000) }).publish(sample.sent(), never);
    assert.deepEqual(await obs.unfinished(), [`${PREFIX}/reel.mxf.bak`]);
  });

  it('two senders of one object do not take their parts from each other', async () => {
    const { limits, release } = heldAfter(3 * PART);
    const uploadsOf = (name: string) => ({ uploadsPath: join(obs.server.root, name) });
    const first = obs.transport({ ...uploadsOf('first'), connections: 1 }, { limits }).publish(sample.sent(), never);
    await until('some parts', async () => (await obs.countOf('uploadPart')) >= 2);
    await obs.transport(uploadsOf('second')).publish(sample.sent(), never);
    release();
    await first;
    const counts = await obs.takeCounts();
    assert.equal(counts.abortMultipartUpload, undefined);
    assert.ok((counts.uploadPart ?? 0) <= 2 * (PARTS + 3), `${counts.uploadPart} parts`);
    await assertWhole();
    assert.deepEqual(await obs.unfinished(), []);
  });

  it('parts of a file that is now uploaded whole are removed', async () => {
    await stopHalfWay();
    await obs.transport({ partSize: 100 * PART }).publish(sample.sent(), never);
    assert.deepEqual(await obs.unfinished(), []);
    await assertWhole();
  });

  it('what could not be removed stays noted, and is removed when the task is sent again', async () => {
    await stopHalfWay();
    await obs.setFaults(statusFault('abortMultipartUpload', 403, 'AccessDenied'));
    const item = sample.sent();
    const shorter = item.withTask({ ...item.task, obslist: ['c.xml'] });
    await obs.transport().publish(shorter, never);
    assert.deepEqual(await obs.unfinished(), [`${PREFIX}/reel.mxf`]);
    await obs.setFaults();
    await obs.transport().publish(shorter, never);
    assert.deepEqual(await obs.unfinished(), []);
    assert.deepEqual(await readdir(join(obs.uploadsPath, 'sent')), []);
  });

  it('decision 14: what is given up for good leaves no parts of ours, and no record', async () => {
    await begin('of-somebody-else');
    await obs.setFaults(statusFault('uploadPart', 403, 'AccessDenied'));
    const transport = obs.transport();
    await assert.rejects(transport.publish(sample.sent(), never));
    await transport.discard(sample.sent());
    assert.deepEqual(await obs.unfinished(), [`${PREFIX}/of-somebody-else`]);
    await obs.takeCounts();
    await transport.discard(sample.sent());
    assert.deepEqual(await obs.takeCounts(), {}, 'there is nothing left to discard');
  });

  describe('decision 14: a task that was given up while the bucket was away', () => {
    let warned: string[];
    const warn = (_fields: object, text?: string) => void warned.push(text ?? '');
    beforeEach(async () => {
      warned = [];
      await stopHalfWay();
      await obs.setFaults(statusFault('abortMultipartUpload', 503, 'SlowDown'));
      await obs.transport().discard(sample.sent());
      assert.deepEqual(await obs.unfinished(), [`${PREFIX}/reel.mxf`]);
    });
    const sweep = async (hasTask: boolean, keys?: null) => {
      const asked = Promise.withResolvers<string>();
      const transport = obs.transport(keys === null ? { keys } : {}, { log: { ...silentLog, warn } });
      const sweeping = transport.sweep(name => {
        asked.resolve(name);
        return Promise.resolve(hasTask);
      });
      await sweeping.start();
      assert.equal(await asked.promise, 'cfec-001-film.task.json');
      return sweeping;
    };

    it('is cleared away at a start, when the bucket is back', async () => {
      await obs.setFaults();
      const sweeping = await sweep(false);
      await until('no parts', async () => (await obs.unfinished()).length === 0);
      await until('no record', async () => (await readdir(join(obs.uploadsPath, 'sent'))).length === 0);
      await sweeping.stop();
      assert.deepEqual(warned, []);
    });

    it('stays noted while the bucket stays away, or there are no keys for it', async () => {
      for (const keys of [undefined, null] as const) {
        const sweeping = await sweep(false, keys);
        await until('a warning', () => warned.length > 0);
        await sweeping.stop();
        assert.equal((await readdir(join(obs.uploadsPath, 'sent/cfec-001-film.task.json'))).length, 1);
        warned = [];
      }
    });

    it('is left alone when the node has the task again', async () => {
      await obs.setFaults();
      await obs.takeCounts();
      await (await sweep(true)).stop();
      assert.deepEqual(await obs.unfinished(), [`${PREFIX}/reel.mxf`]);
      await obs.transport().publish(sample.sent(), never);
      assert.ok((await obs.countOf('uploadPart')) < PARTS + 3, 'it goes on from its parts');
      await assertWhole();
    });
  });
});
