import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { systemClock } from '../../../src/core/clock.ts';
import type { BftError } from '../../../src/core/errors.ts';
import { Origin } from '../../../src/origin/origin.ts';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import type { ObsTransport } from '../../../src/transports/obs/transport.ts';
import { ACCESS_KEY, SECRET_KEY } from '../../devserver/harness.ts';
import { type Listening, startListening } from '../../listening.ts';
import { finish } from '../finish.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, ObsFixture } from './harness.ts';

const never = new AbortController().signal;
const FILES = { 'reel 1.mxf': 300_000, 'sub/片#2?%.mxf': 50_000, 'ASSETMAP.xml': 900, 'empty.txt': 0 };

describe('transports/obs: fetch', () => {
  let obs: ObsFixture;
  let origin: Listening;
  let sample: SamplePackage;
  let item: TransferItem;
  let ledger: Ledger;
  let skewMs = 0;
  before(async () => {
    obs = await ObsFixture.start({ clock: { ...systemClock, now: () => Date.now() + skewMs } });
  });
  after(() => obs.server.stop());
  beforeEach(async () => {
    sample = await SamplePackage.make({ shares: { obs: randomFiles(FILES) } });
    origin = await startListening(
      log => new Origin({ log }, { root: sample.storageRoot, address: { host: '127.0.0.1', port: 0 } }),
    );
    sample.task.obs.url = OBS_URL;
    sample.task.obs.signedlist = `${origin.url}/dcp/cfec-001/dcps-tmp/film.signed.json`;
    await obs.transport().publish(sample.sent(), never);
    item = sample.received();
    ledger = await sample.ledger(item);
    await obs.takeCounts();
  });
  afterEach(async () => {
    skewMs = 0;
    await origin.stop();
    await sample.remove();
    await obs.clear();
  });

  const listPath = ({ task, layout }: SamplePackage) =>
    layout.signedListPath('cfec-001-film.task.json', task.obs.signedlist);

  /** As a receiver has it: no keys. */
  const receiver = () => obs.transport({ keys: null });
  const fetchAll = (transport: ObsTransport = receiver(), of = item) =>
    transport.fetch(
      of,
      of.files('obs').map(file => of.manifest.extent(file)),
      ledger,
      never,
    );
  const assertWhole = async () => {
    const staged = Object.entries(await sample.staged()).map(([path, bytes]) => [
      path.replace('obs/cfec-001/film/', ''),
      bytes,
    ]);
    assert.deepEqual(Object.fromEntries(staged), sample.files);
    assert.equal(ledger.bytes('obs'), sample.task.size);
  };

  it('decision 19: a receiver without keys fetches by the signed list', async () => {
    await fetchAll();
    await assertWhole();
    const { getObject, ...others } = await obs.takeCounts();
    assert.deepEqual([getObject, others], [3, {}]);
  });

  it('fetches nothing, not even the list, when nothing is asked for', async () => {
    await origin.stop();
    await receiver().fetch(item, [], ledger, never);
    assert.deepEqual(await sample.staged(), {});
  });

  it('fault 22: expired addresses are an error that heals; the next try reads the list anew', async () => {
    skewMs = 25 * 3_600_000;
    const transport = receiver();
    await assert.rejects(fetchAll(transport), (error: BftError) => {
      assert.deepEqual([error.code, error.permanent], ['OBS_REFUSED', false]);
      assert.doesNotMatch(error.message, /Signature|Expires|\?/);
      return true;
    });
    assert.deepEqual(
      Object.keys(await sample.staged()).filter(path => !path.endsWith('empty.txt')),
      [],
    );
    skewMs = 0;
    await obs.transport({ signedHours: 48 }).publish(sample.sent(), never);
    skewMs = 25 * 3_600_000;
    await fetchAll(transport);
    await assertWhole();
  });

  it('fault 22: addresses that expire under a fetch are renewed, and only what was refused is asked for again', async () => {
    const first = await readFile(listPath(sample), 'utf8');
    await obs.transport({ signedHours: 48 }).publish(sample.sent(), never);
    const newer = await readFile(listPath(sample), 'utf8');
    await writeFile(listPath(sample), first);
    await obs.takeCounts();
    // The list has just been read when more than a day passes.
    let time = 0;
    const monotonic = () => {
      writeFileSync(listPath(sample), newer);
      skewMs = 25 * 3_600_000;
      return (time += 25 * 3_600_000);
    };
    await fetchAll(obs.transport({ keys: null }, { clock: { ...systemClock, monotonic } }));
    await assertWhole();
  });

  it('the sender renews the list before it expires, until it withdraws', async () => {
    const transport = obs.transport({ signedHours: 0.5 / 3600 });
    const path = listPath(sample);
    await transport.publish(sample.sent(), never);
    const text = await readFile(path, 'utf8');
    await until('a new list', async () => (await readFile(path, 'utf8')) !== text);
    await transport.withdraw(sample.sent());
    await rm(path);
    const other = await SamplePackage.make({ shares: { obs: randomFiles({ 'a.xml': 10 }) } });
    try {
      other.task.obs.url = OBS_URL;
      await transport.publish(other.sent(), never);
      const first = await readFile(listPath(other), 'utf8');
      await until('a newer list', async () => (await readFile(listPath(other), 'utf8')) !== first);
      await transport.withdraw(other.sent());
      await assert.rejects(readFile(path), { code: 'ENOENT' });
    } finally {
      await other.remove();
    }
  });

  for (const [status, code, error, permanent] of [
    [403, 'AccessDenied', 'OBS_REFUSED', false],
    [404, 'NoSuchKey', 'SOURCE_REFUSES', true],
    [503, 'SlowDown', 'SOURCE_REFUSES', false],
    [500, 'InternalError', 'SOURCE_REFUSES', false],
  ] as const) {
    it(`a bucket that answers ${status} is ${error}, ${permanent ? 'for good' : 'may heal'}`, async () => {
      await obs.setFaults({
        match: { operation: 'getObject' },
        fault: { kind: 'status', status, code, retryAfter: 9 },
      });
      await assert.rejects(fetchAll(), (thrown: BftError) => {
        assert.deepEqual([thrown.code, thrown.permanent], [error, permanent], thrown.message);
        assert.doesNotMatch(thrown.message, /Signature|AccessKey/);
        return true;
      });
    });
  }

  it('fault 20: wrong bytes from the bucket are refused, and fetched again when it has come to its senses', async () => {
    await obs.setFaults({ match: {}, fault: { kind: 'flip', every: 1000 } });
    await assert.rejects(fetchAll(), { code: 'WRONG_BYTES', permanent: false });
    await obs.setFaults();
    await finish(item, ledger, fetchAll);
    await assertWhole();
  });

  for (const kind of ['cut', 'ignoreRange']) {
    it(`fault 24: ${kind} does no harm`, async () => {
      await obs.setFaults({ match: { key: 'reel' }, times: 1, fault: { kind } });
      await fetchAll().catch((error: BftError) => assert.equal(error.permanent, false));
      await fetchAll();
      await assertWhole();
    });
  }

  const SPELLINGS = {
    'obsak, obssk, obsendpoint': (endpoint: string) => ({
      obsak: ACCESS_KEY,
      obssk: SECRET_KEY,
      obsendpoint: endpoint,
    }),
    'ak, sk, endpoint': (endpoint: string) => ({ ak: ACCESS_KEY, sk: SECRET_KEY, endpoint }),
  };
  for (const [name, keys] of Object.entries(SPELLINGS)) {
    it(`C-09: a task of an original sender carries ${name}, and the receiver signs itself`, async () => {
      sample.task.obs = { url: OBS_URL, ...keys(obs.server.url) };
      await fetchAll(receiver(), sample.received());
      await assertWhole();
    });
  }

  it("the node's own keys serve for a task that has neither list nor keys, keys given for the task come before", async () => {
    delete sample.task.obs.signedlist;
    await fetchAll(obs.transport(), sample.received());
    await assertWhole();
    const wrong = { ...obs.keys, secretKey: 'wrong' };
    await assert.rejects(fetchAll(receiver(), sample.received()), { code: 'OBS_CREDENTIALS', permanent: true });
    await obs.transport({ keys: wrong, needsUpload: true }).publish(sample.sent(obs.keys), never);
    await assert.rejects(obs.transport().publish(sample.sent(wrong), never), { code: 'OBS_REFUSED' });
  });

  const LISTS: [name: string, text: string][] = [
    ['no JSON', 'nothing'],
    ['another version', '{"version":2,"expires":"","files":{}}'],
    ['a file missing', '{"version":1,"expires":"","files":{"reel 1.mxf":"http://127.0.0.1/x"}}'],
    [
      'an address of another kind',
      `{"version":1,"expires":"","files":${JSON.stringify(Object.fromEntries(Object.keys(FILES).map(file => [file, 'file:///etc/passwd'])))}}`,
    ],
    ['no file at all', '{"version":1,"expires":""}'],
  ];
  for (const [name, text] of LISTS) {
    it(`a list with ${name} is OBS_SIGNED_LIST, which heals when the sender writes it anew`, async () => {
      await writeFile(listPath(sample), text);
      await assert.rejects(fetchAll(), { code: 'OBS_SIGNED_LIST', permanent: false });
      assert.deepEqual(await sample.staged(), {});
    });
  }

  it('a list that nobody serves may heal', async () => {
    await origin.stop();
    await assert.rejects(fetchAll(), { code: 'OBS_SIGNED_LIST', permanent: false });
  });
});
