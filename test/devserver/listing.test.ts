import assert from 'node:assert/strict';
import { BUCKET, codeOf, type RunningServer, send, sdkFor, startServer, textsOf } from './harness.ts';

const KEYS = ['a/1', 'a/2', 'b', 'c/x/1', 'c/x/2', 'c/y', 'd', '第一卷', '\u{1F3AC}'];

describe('devserver: listing', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer();
    for (const key of KEYS.toReversed()) {
      await send(server.port, { method: 'PUT', path: `/${BUCKET}/${encodeURIComponent(key)}`, body: key });
    }
  });
  after(() => server.stop());

  const list = (query: Record<string, string>) =>
    send(server.port, { path: `/${BUCKET}?${new URLSearchParams(query).toString()}` });
  const page = async (query: Record<string, string>) => {
    const answer = await list(query);
    const prefixes = textsOf(answer, 'CommonPrefixes').map(text => text.replace(/<\/?Prefix>/g, ''));
    return { keys: textsOf(answer, 'Key'), prefixes, next: textsOf(answer, 'NextMarker')[0] };
  };

  it('lists in the order of the UTF-8 bytes', async () => {
    assert.deepEqual((await page({})).keys, KEYS);
  });

  it('filters by prefix and begins after the marker', async () => {
    assert.deepEqual((await page({ prefix: 'c/' })).keys, ['c/x/1', 'c/x/2', 'c/y']);
    assert.deepEqual((await page({ prefix: 'c/', marker: 'c/x/1' })).keys, ['c/x/2', 'c/y']);
  });

  it('rolls up what follows a delimiter', async () => {
    const whole = { keys: ['b', 'd', '第一卷', '\u{1F3AC}'], prefixes: ['a/', 'c/'], next: undefined };
    assert.deepEqual(await page({ delimiter: '/' }), whole);
    const below = { keys: ['c/y'], prefixes: ['c/x/'], next: undefined };
    assert.deepEqual(await page({ delimiter: '/', prefix: 'c/' }), below);
  });

  for (const delimiter of ['', '/']) {
    it(`gives everything once, page by page${delimiter && ', rolled up'}`, async () => {
      const { keys, prefixes } = await page({ delimiter });
      const seen: string[] = [];
      let marker: string | undefined = '';
      while (marker !== undefined) {
        const part = await page({ delimiter, marker, 'max-keys': '2' });
        seen.push(...part.keys, ...part.prefixes);
        marker = part.next;
      }
      assert.deepEqual(seen.sort(), [...keys, ...prefixes].sort());
    });
  }

  it('says whether more follows', async () => {
    assert.deepEqual(textsOf(await list({ 'max-keys': '8' }), 'IsTruncated'), ['true']);
    assert.deepEqual(textsOf(await list({ 'max-keys': '9' }), 'IsTruncated'), ['false']);
    assert.equal(codeOf(await list({ 'max-keys': 'all' })), 'InvalidArgument');
  });

  it('is understood by the SDK', async () => {
    const sdk = await sdkFor(server.port, 'obs');
    const { InterfaceResult } = await sdk.listObjects({ Bucket: BUCKET, MaxKeys: 2, Delimiter: '/' });
    assert.deepEqual([InterfaceResult?.IsTruncated, InterfaceResult?.NextMarker], ['true', 'b']);
    const prefixes = InterfaceResult?.CommonPrefixes as { Prefix: string }[];
    assert.deepEqual(
      prefixes.map(({ Prefix }) => Prefix),
      ['a/'],
    );
    const contents = InterfaceResult?.Contents as { Key: string; Size: string; ETag: string }[];
    assert.deepEqual([contents[0]?.Key, contents[0]?.Size], ['b', '1']);
  });
});
