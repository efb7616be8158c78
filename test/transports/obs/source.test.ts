import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { ObsSource } from '../../../src/transports/obs/source.ts';
import { BUCKET, send } from '../../devserver/harness.ts';
import { OBS_URL, ObsFixture, PREFIX } from './harness.ts';

const never = new AbortController().signal;
const FILES = {
  'ASSETMAP.xml': 900,
  'a b+c&d%41.mxf': 5,
  empty: 0,
  'sub/deep/100%.xml': 3,
  'sub/片#2?.mxf': 70_000,
};

describe('transports/obs: packages that users have put into the bucket (BN-007)', () => {
  let obs: ObsFixture;
  const content = new Map<string, Buffer>();
  beforeEach(async () => {
    obs = await ObsFixture.start();
  });
  afterEach(() => obs.server.stop());

  const source = () =>
    new ObsSource({ http: createHttpClient() }, () => ({ keysOf: async () => obs.keys, urlStyle: 'path' }));
  const place = (url = OBS_URL) => ({ name: 'film', url, keys: undefined });
  const put = async (key: string, size: number) => {
    const body = randomBytes(size);
    content.set(key, body);
    const path = `/${BUCKET}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const { status, text } = await send(obs.server.port, { method: 'PUT', path, body });
    assert.equal(status, 200, text);
  };
  const putAll = async () => {
    for (const [file, size] of Object.entries(FILES)) await put(`${PREFIX}/${file}`, size);
  };
  const listed = async () => Object.fromEntries((await source().list(place(), never)).files.map(f => [f.file, f.size]));

  it('lists every object below the prefix with its size, in whatever alphabet, and nothing beside it', async () => {
    await putAll();
    for (const key of [`${PREFIX}2/x`, `${PREFIX}.torrent`, 'upload/film/x', 'dcps/fil']) await put(key, 1);
    assert.deepEqual(await listed(), FILES);
  });

  it('what consoles show as folders is no file', async () => {
    await putAll();
    for (const folder of ['', 'sub/', 'none/']) await put(`${PREFIX}/${folder}`, 0);
    assert.deepEqual(await listed(), FILES);
  });

  it('lists page by page', async () => {
    const names = Array.from({ length: 1001 }, (_, index) => `${String(index).padStart(4, '0')}.xml`);
    for (const name of names) await put(`${PREFIX}/${name}`, 0);
    await obs.takeCounts();
    assert.deepEqual(Object.keys(await listed()).length, 1001);
    assert.deepEqual(await obs.takeCounts(), { listObjects: 2 });
  }).timeout(30_000);

  it('takes the one object of that name for a package of type file (BN-014)', async () => {
    await put(PREFIX, 12);
    const { type, files } = await source().list(place(), never);
    assert.deepEqual([type, files.map(({ file, size }) => [file, size])], ['file', [['film', 12]]]);
    assert.ok(Math.abs(Date.now() - (files[0]?.mtimeMs ?? 0)) < 60_000);
  });

  it('says when nothing is there', async () => {
    await assert.rejects(source().list(place(), never), {
      code: 'SOURCE_MISSING',
      permanent: true,
      message: `there is nothing at ${OBS_URL}`,
    });
  });

  for (const key of ['../x', 'a//b', 'a/./b', 'a\\b', 'n'.repeat(256)]) {
    it(`refuses the name ${JSON.stringify(key).slice(0, 20)}`, async () => {
      await put(`${PREFIX}/${key}`, 1);
      await assert.rejects(source().list(place(), never), { code: 'NAME_UNSAFE' });
    });
  }

  it('refuses names that would be one file here', async () => {
    await put(`${PREFIX}/Reel.mxf`, 1);
    await put(`${PREFIX}/reel.MXF`, 1);
    await assert.rejects(source().list(place(), never), { code: 'NAME_UNSAFE', message: /collides/ });
  });

  it('needs keys, of the place or of the node', async () => {
    const keyless = new ObsSource({ http: createHttpClient() }, () => ({
      keysOf: async () => undefined,
      urlStyle: 'path',
    }));
    await assert.rejects(keyless.list(place(), never), { code: 'OBS_CREDENTIALS' });
    await put(PREFIX, 12);
    assert.equal((await keyless.list({ ...place(), keys: obs.keys }, never)).type, 'file');
  });

  it('reads exactly the bytes that are asked for', async () => {
    await putAll();
    for (const [file, size] of Object.entries(FILES)) {
      if (size === 0) continue;
      for (const range of [
        { offset: 0, length: size },
        { offset: size - 1, length: 1 },
      ]) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of source().read(place(), { type: 'dir' }, { file, size }, range, never))
          chunks.push(chunk);
        const expected = content.get(`${PREFIX}/${file}`)?.subarray(range.offset, range.offset + range.length);
        assert.deepEqual(Buffer.concat(chunks), expected, file);
      }
    }
  });

  it('what was read may be kept while more is read', async () => {
    const size = 3_000_000;
    await put(`${PREFIX}/reel.mxf`, size);
    const range = { offset: 0, length: size };
    const bytes = await buffer(source().read(place(), { type: 'dir' }, { file: 'reel.mxf', size }, range, never));
    assert.ok(bytes.equals(content.get(`${PREFIX}/reel.mxf`) ?? Buffer.of()));
  });

  it('refuses an object that is not of the listed size', async () => {
    await put(PREFIX, 12);
    const reading = source().read(
      place(),
      { type: 'file' },
      { file: 'film', size: 13 },
      { offset: 0, length: 5 },
      never,
    );
    await assert.rejects(
      async () => {
        for await (const _ of reading);
      },
      { code: 'WRONG_BYTES' },
    );
  });

  it('an abort ends a listing that stalls', async () => {
    await obs.setFaults({ match: { operation: 'listObjects' }, fault: { kind: 'stall' } });
    const controller = new AbortController();
    const listing = source().list(place(), controller.signal);
    controller.abort();
    await assert.rejects(listing, { name: 'AbortError' });
  });
});
