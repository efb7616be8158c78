import assert from 'node:assert/strict';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { ApiServer } from '../../src/api/server.ts';
import type { Asset } from '../../src/console/assets.ts';
import { type Listening, startListening } from '../listening.ts';
import { type RawAnswer, send } from '../raw-request.ts';
import { liveStreams, nodeWith } from './harness.ts';

const PAGE = '<!doctype html><title>bftv2</title>';
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const asset = (path: string, type: string, text: string): [string, Asset] => {
  const body = Buffer.from(text);
  return [path, { path, type, body, brotli: brotliCompressSync(body), etag: `"${path.length}-${body.length}"` }];
};
const ASSETS = new Map([
  asset('/index.html', 'text/html; charset=utf-8', PAGE),
  asset('/assets/app-1A2B3C4D.js', 'text/javascript; charset=utf-8', 'export {};'),
]);

describe('api: the listener of the console', () => {
  let listening: Listening;
  let loads = 0;
  const load = () => {
    loads += 1;
    return Promise.resolve(ASSETS);
  };
  beforeEach(async () => {
    loads = 0;
    const address = { host: '127.0.0.1', port: 0 };
    listening = await startListening(
      log =>
        new ApiServer(
          { node: nodeWith(), streams: liveStreams(), log },
          { address, key: 'consolelisten', token: 's3cret', assets: load },
        ),
    );
  });
  afterEach(() => listening.stop());
  const get = (path: string, headers: Record<string, string> = {}) => send(listening.port, { path, headers });

  it('answers every route of the console with its page, without a token, and loads nothing before one is asked for', async () => {
    assert.equal(loads, 0);
    for (const path of [
      '/',
      '/index.html',
      '/tasks',
      '/tasks/received/cfec-001-film.task.json',
      '/schedule',
      '/nodes',
      '/history',
      '/settings',
    ]) {
      const { status, text, headers } = await get(path);
      assert.deepEqual([status, text, headers['content-type']], [200, PAGE, 'text/html; charset=utf-8'], path);
      assert.equal(headers['content-security-policy'], PAGE_POLICY);
      assert.equal(headers['cache-control'], 'no-cache');
    }
    assert.ok(loads > 0);
  });

  it('has the whole API besides, which wants the token', async () => {
    for (const path of ['/heartbeat', '/metrics', '/api/v1/status', '/assets/none.js', '/taskss']) {
      assert.equal((await get(path)).status, 401, path);
    }
    const authorization = 'Bearer s3cret';
    assert.equal((await get('/heartbeat', { authorization })).status, 200);
    assert.equal((await get('/taskss', { authorization })).status, 404);
  });

  it('sends Brotli to who takes it, and says that the answer depends on that', async () => {
    const plain = await get('/');
    const small = await get('/', { 'accept-encoding': 'gzip, deflate, br' });
    assert.deepEqual([plain.headers['content-encoding'], small.headers['content-encoding']], [undefined, 'br']);
    assert.equal(brotliDecompressSync(small.body).toString(), PAGE);
    for (const { headers } of [plain, small]) assert.equal(headers.vary, 'accept-encoding');
    assert.notEqual(plain.headers.etag, small.headers.etag);
  });

  it('answers 304 to who has it', async () => {
    for (const headers of [{}, { 'accept-encoding': 'br' }]) {
      const { etag = '' } = (await get('/', headers)).headers;
      const again = await get('/', { ...headers, 'if-none-match': etag });
      assert.deepEqual([again.status, again.body.length, again.headers.etag], [304, 0, etag]);
      assert.equal((await get('/', { ...headers, 'if-none-match': '"x"' })).status, 200);
    }
  });

  it('lets names that change with the content be kept for ever', async () => {
    const { headers } = await get('/assets/app-1A2B3C4D.js');
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
  });

  const HARD = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
  const assertHard = ({ headers }: RawAnswer, path: string) => {
    for (const [name, value] of Object.entries(HARD)) assert.equal(headers[name], value, `${path} ${name}`);
    assert.ok(!Object.keys(headers).some(name => name.startsWith('access-control-')), path);
    assert.equal(headers['strict-transport-security'], undefined);
  };

  it('has its headers on every answer, refusals too', async () => {
    for (const path of ['/', '/heartbeat', '/livez', '/readyz', '/api/v1/session', '/none', '/api/v1/none']) {
      assertHard(await get(path), path);
      assertHard(
        await send(listening.port, { method: 'OPTIONS', path, headers: { origin: 'https://evil.example' } }),
        path,
      );
    }
    for (const path of ['/heartbeat', '/livez', '/api/v1/session']) {
      const { headers } = await get(path);
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    }
  });

  it('is for callers by its own names only, pages included (hostile input 1)', async () => {
    for (const path of ['/', '/livez', '/api/v1/session', '/heartbeat'])
      assert.equal((await get(path, { host: 'rebound.example' })).status, 421, path);
  });

  it('refuses under /api/v1 with code, reason, next step and where to read on', async () => {
    const { text } = await get('/api/v1/status');
    const { error } = JSON.parse(text) as { error: Record<string, string> };
    assert.deepEqual(Object.keys(error), ['code', 'desc', 'next', 'docs']);
    assert.equal(error.code, 'UNAUTHORISED');
    assert.match(error.docs ?? '', /#unauthorised$/);
  });
});

describe('api: hosts beyond loopback (hostile input 1)', () => {
  it('answers to the addresses of this machine and its configured names, which may change; to nothing else', async () => {
    let hostnames = 'node.example, Other.Example';
    const address = { host: '0.0.0.0', port: 0 };
    const listening = await startListening(
      log =>
        new ApiServer(
          { node: nodeWith(), streams: liveStreams(), log },
          { address, token: 's3cret', hostnames: () => hostnames },
        ),
    );
    const statusOf = async (host: string) => (await send(listening.port, { path: '/livez', headers: { host } })).status;
    try {
      for (const host of ['127.0.0.1', 'localhost:2780', 'node.example:2780', 'NODE.EXAMPLE', 'other.example'])
        assert.equal(await statusOf(host), 200, host);
      for (const host of ['evil.example', 'x.node.example', '192.0.2.7', '[2001:db8::7]', 'node.example.'])
        assert.equal(await statusOf(host), 421, host);
      hostnames = '';
      assert.equal(await statusOf('node.example'), 421);
    } finally {
      await listening.stop();
    }
  });
});
