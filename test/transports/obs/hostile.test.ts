import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { BftError } from '../../../src/core/errors.ts';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { ObsSource } from '../../../src/transports/obs/source.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { OBS_URL, ObsFixture, PART, PREFIX } from './harness.ts';
import { type Lie, LyingBucket, type Operation } from './lying-bucket.ts';

const never = new AbortController().signal;

const answer =
  (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Lie =>
  res => {
    res.req.resume();
    res.writeHead(status, headers).end(body);
  };
/** Sends for as long as anybody listens. */
const endless =
  (begin: string, more: string): Lie =>
  res => {
    res.req.resume();
    res.write(begin);
    const chunk = more.repeat(Math.ceil(65_536 / more.length));
    const send = () => {
      while (!res.destroyed && res.write(chunk));
    };
    res.on('drain', send);
    send();
  };
const entry = (key: string, size = '1') =>
  `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`;
const listing = (contents: string, isTruncated = 'false') =>
  `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents}</ListBucketResult>`;
const BOMB = `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(1000)}">${Array.from({ length: 8 }, (_, i) => `<!ENTITY ${'bcdefghi'[i]} "${`&${'abcdefgh'[i]};`.repeat(10)}">`).join('')}]>`;

const NO_LISTINGS: Record<string, Lie> = {
  nothing: answer(''),
  'a page of HTML': answer('<html><body>Please log in</body></html>'),
  JSON: answer('{"Contents":[]}'),
  'random bytes': answer(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))),
  'XML that is cut off': answer(listing(entry('a')).slice(0, 60)),
  'tags that do not match': answer('<ListBucketResult><Contents></ListBucketResult></Contents>'),
  'a bomb of entities': answer(`${BOMB}<ListBucketResult><IsTruncated>&i;</IsTruncated></ListBucketResult>`),
  'deep nesting': answer('<a>'.repeat(100_000)),
  'a listing without end in one answer': endless('<ListBucketResult>', entry('a')),
  'the same page for ever': answer(listing(entry(`${PREFIX}/a`), 'true')),
  'keys that go backwards': answer(listing(entry(`${PREFIX}/b`) + entry(`${PREFIX}/a`))),
  'a size that is negative': answer(listing(entry(`${PREFIX}/a`, '-1'))),
  'a size that is no number': answer(listing(entry(`${PREFIX}/a`, '1e99'))),
  'a size beyond all numbers': answer(listing(entry(`${PREFIX}/a`, '9'.repeat(400)))),
  'an entry that is text': answer(listing('<Contents>a</Contents>')),
};

describe('transports/obs: hostile buckets', () => {
  let obs: ObsFixture;
  let bucket: LyingBucket;
  let endpoint: string;
  let sample: SamplePackage;
  before(async () => {
    obs = await ObsFixture.start();
    bucket = new LyingBucket(obs.server.port);
    endpoint = await bucket.start();
    sample = await SamplePackage.make({ shares: { obs: randomFiles({ 'reel.mxf': 4 * PART, 'c.xml': 500 }) } });
    sample.task.obs.url = OBS_URL;
  });
  after(async () => {
    await sample.remove();
    await bucket.stop();
    await obs.server.stop();
  });
  afterEach(async () => {
    bucket.lies = {};
    await obs.clear();
  });

  const transport = (changes = {}) => obs.transport({ keys: { ...obs.keys, endpoint }, ...changes });
  const source = () =>
    new ObsSource({ http: createHttpClient() }, () => ({
      keysOf: () => Promise.resolve({ ...obs.keys, endpoint }),
      urlStyle: 'path',
    }));
  const assertRefused = async (work: Promise<unknown>, code: string, isPermanent = false) => {
    await assert.rejects(work, (error: BftError) => {
      assert.deepEqual([error.code, error.permanent], [code, isPermanent], error.message);
      assert.ok(error.message.length < 600, 'what is from outside is cut');
      return true;
    });
  };
  /** The lies are over: it goes on. */
  const assertEnds = async () => {
    bucket.lies = {};
    await transport().publish(sample.sent(), never);
    for (const [file, bytes] of Object.entries(sample.files)) assert.deepEqual(await obs.object(file), bytes);
    assert.deepEqual(await obs.unfinished(), []);
  };

  for (const [name, lie] of Object.entries(NO_LISTINGS)) {
    it(`a listing that is ${name} is refused`, async () => {
      bucket.lies.list = lie;
      const listed = source().list({ name: 'film', url: OBS_URL, keys: undefined }, never);
      await assert.rejects(listed, (error: BftError) => {
        assert.match(error.code, /^(OBS_ANSWER|SOURCE_UNREACHABLE)$/, error.message);
        assert.equal(error.permanent, false);
        return true;
      });
      await assert.rejects(transport({ needsUpload: false }).publish(sample.sent(), never));
    });
  }

  for (const key of ['../x', 'a/../../x', '/etc/passwd', 'a//b', 'a\\b', '.', 'a/./b', 'x'.repeat(300)]) {
    it(`hostile input 5: a package with the key ${key.slice(0, 20)} is refused`, async () => {
      bucket.lies.list = answer(listing(entry(`${PREFIX}/${key}`)));
      const listed = source().list({ name: 'film', url: OBS_URL, keys: undefined }, never);
      await assert.rejects(listed, { code: 'NAME_UNSAFE' });
    });
  }

  for (const operation of ['begin', 'uploads'] as const) {
    it(`an answer to ${operation} that is none is refused, and the next try goes on`, async () => {
      bucket.lies[operation] = answer('<html/>');
      await assertRefused(transport().publish(sample.sent(), never), 'OBS_ANSWER');
      await assertEnds();
    });
  }

  const ERROR_BODY = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>x</Message></Error>';

  it('200 with an error in its body is no completion; the object tells', async () => {
    let answers = 0;
    bucket.lies.complete = async (res, forward) => (answers++ === 0 ? answer(ERROR_BODY)(res, forward) : forward());
    await transport().publish(sample.sent(), never);
    assert.equal(answers, 2);
    await assertEnds();
  });

  it('200 with an error in its body for ever: UPLOAD_DAMAGED, which heals', async () => {
    bucket.lies.complete = answer(ERROR_BODY);
    await assertRefused(transport().publish(sample.sent(), never), 'UPLOAD_DAMAGED');
    await obs.takeCounts();
    await assertEnds();
    assert.equal((await obs.takeCounts()).uploadPart, undefined, 'no part is sent again');
  });

  it('an object that is put together to something else is not taken for ours', async () => {
    bucket.lies.head = answer('', 200, { 'content-length': String(4 * PART), 'x-amz-meta-sha1': '0'.repeat(40) });
    await assertRefused(transport().publish(sample.sent(), never), 'UPLOAD_LOST', true);
    await assertEnds();
  });

  const PARTS: [title: string, lie: Lie, code: string][] = [
    ['the MD5 of other bytes', answer('', 200, { etag: '"0123456789abcdef0123456789abcdef"' }), 'UPLOAD_DAMAGED'],
    ['no ETag', answer(''), 'OBS_ANSWER'],
    ['an answer without end', endless('x', 'x'), 'OBS_ANSWER'],
  ];
  for (const operation of ['part', 'put'] as const) {
    for (const [title, lie, code] of PARTS) {
      it(`${operation} answered with ${title}: ${code}, which heals`, async () => {
        bucket.lies[operation] = lie;
        await assertRefused(transport().publish(sample.sent(), never), code);
        await assertEnds();
      });
    }

    it(`a redirect of ${operation} is not followed`, async () => {
      let asked = 0;
      bucket.lies.get = res => void (asked++, res.end());
      bucket.lies[operation] = answer('', 307, { location: `${endpoint}/elsewhere` });
      await assertRefused(transport().publish(sample.sent(), never), 'OBS_REFUSED', true);
      assert.equal(asked, 0);
      await assertEnds();
    });
  }

  it('the ETag of an encrypted object is no MD5, and no fault', async () => {
    bucket.lies.put = answer('', 200, { etag: `"${'a'.repeat(32)}"`, 'x-obs-server-side-encryption': 'kms' });
    await transport().publish(sample.sent(), never);
  });

  it('a list of parts that goes round in circles is refused, one that is of nothing begins anew', async () => {
    bucket.lies.complete = answer(ERROR_BODY);
    await assert.rejects(transport().publish(sample.sent(), never));
    const part = `<Part><PartNumber>1</PartNumber><ETag>"x"</ETag><Size>${PART}</Size></Part>`;
    bucket.lies = { parts: answer(`<ListPartsResult><IsTruncated>true</IsTruncated>${part}</ListPartsResult>`) };
    await assertRefused(transport().publish(sample.sent(), never), 'OBS_ANSWER');
    await assertEnds();
  });

  const STATUSES: [number, string, boolean][] = [
    [403, 'OBS_REFUSED', true],
    [404, 'OBS_REFUSED', true],
    [409, 'SOURCE_UNREACHABLE', false],
    [429, 'SOURCE_UNREACHABLE', false],
    [503, 'SOURCE_UNREACHABLE', false],
  ];
  for (const [status, code, isPermanent] of STATUSES) {
    it(`fault 23: ${status} with Retry-After and a message of a megabyte`, async () => {
      const body = `<Error><Code>No</Code><Message>${'m'.repeat(1_000_000)}\r\n\u001b[31m</Message></Error>`;
      for (const operation of ['put', 'begin', 'head'] satisfies Operation[]) {
        bucket.lies = { [operation]: answer(operation === 'head' ? '' : body, status, { 'retry-after': '7' }) };
        // 404 to a HEAD is no refusal, and an answer of a megabyte to a PUT is none at all.
        if (operation === 'head' && status === 404) continue;
        const item = sample.sent();
        const one = item.withTask({ ...item.task, obslist: [operation === 'put' ? 'c.xml' : 'reel.mxf'] });
        await assert.rejects(transport().publish(one, never), (error: BftError) => {
          if (operation === 'put') assert.equal(error.code, 'OBS_ANSWER');
          else
            assert.deepEqual(
              [error.code, error.permanent, error.retryAfterMs],
              [code, isPermanent, 7000],
              error.message,
            );
          return true;
        });
      }
      await assertEnds();
    });
  }

  it('fault 25: a bucket that takes nothing more is given up after the idle time', async () => {
    const stalled: ServerResponse[] = [];
    bucket.lies.part = res => void stalled.push(res);
    const http = createHttpClient({ idleMs: 100 });
    const stalling = obs.transport({ keys: { ...obs.keys, endpoint } }, { http });
    await assertRefused(stalling.publish(sample.sent(), never), 'SOURCE_UNREACHABLE');
    assert.ok(stalled.length >= 4, 'it was tried again');
    await assertEnds();
  });
});
