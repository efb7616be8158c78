import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { fileUrl } from '../../src/transports/http/client.ts';
import { send } from '../raw-request.ts';
import { BYTES, type PublishedTree, REEL, startOrigin, write } from './published-tree.ts';

describe('origin: what is published', () => {
  let origin: PublishedTree;
  before(async () => {
    origin = await startOrigin();
  });
  after(() => origin.stop());

  const statusOf = async (path: string, method = 'GET') => (await send(origin.port, { path, method })).status;

  for (const path of [
    'dcps/film.torrent',
    'dcps-tmp/film-tmp.torrent',
    'dcps-tmp/film.signed.json',
    'dcps/film/sub/ASSETMAP.xml',
  ]) {
    it(`BD-14, BD-15 serves ${path}`, async () => {
      const { status, body } = await send(origin.port, { path: `/dcp/cfec-001/${path}` });
      assert.equal(status, 200);
      assert.deepEqual(body, BYTES);
    });
  }

  it('takes no notice of a query', async () => {
    assert.equal(await statusOf(`${REEL}?token=1`), 200);
  });

  it('takes whole addresses, as clients send them to a proxy (RFC 9112, 3.2.2)', async () => {
    assert.equal(await statusOf(`http://127.0.0.1:1${REEL}?token=1`), 200);
    assert.equal(await statusOf(`HTTPS://other.example${REEL}`), 200);
  });

  const REFUSED = {
    'a hidden file': '/dcp/cfec-001/dcps/film/.hidden',
    'a hidden directory': '/dcp/cfec-001/dcps/.film/reel.mxf',
    'upload/': '/dcp/cfec-001/upload/secret.mxf',
    'what lies beside dcps': '/dcp/cfec-001/secret.mxf',
    'dcps without a sub-directory': '/dcp/dcps/secret.mxf',
    'another first segment': '/data/cfec-001/dcps/film/reel.mxf',
    'a root whose name only begins alike': '/dcp-other/dcps/secret.mxf',
    'dot-dot': '/dcp/cfec-001/dcps/../upload/secret.mxf',
    'dot-dot beyond the root': '/dcp/cfec-001/dcps/../../../secret.mxf',
    'dot-dot in percent': '/dcp/cfec-001/dcps/%2e%2e/upload/secret.mxf',
    'dot-dot in percent beyond the root': '/dcp/cfec-001/dcps/%2e%2e/%2e%2e/%2E%2E/secret.mxf',
    'encoded slashes around dot-dot': '/dcp/cfec-001/dcps/film%2f..%2f..%2fupload%2fsecret.mxf',
    'dot-dot encoded twice': '/dcp/cfec-001/dcps/%252e%252e/upload/secret.mxf',
    'a backslash': '/dcp/cfec-001/dcps/film\\..\\..\\upload\\secret.mxf',
    'an encoded backslash': '/dcp/cfec-001/dcps/film%5creel.mxf',
    'a NUL': '/dcp/cfec-001/dcps/film/reel.mxf%00',
    'a broken escape': '/dcp/cfec-001/dcps/film/%zz',
    'an escape that is no UTF-8': '/dcp/cfec-001/dcps/film/%ff%fe',
    'an empty segment': '/dcp/cfec-001/dcps//film/reel.mxf',
    'a link that leads out': '/dcp/cfec-001/dcps/film/out.mxf',
    'a directory link that leads out': '/dcp/cfec-001/dcps/up/secret.mxf',
    'a link to what is not published': '/dcp/cfec-001/dcps/film/inside.mxf',
    'a package directory': '/dcp/cfec-001/dcps/film',
    'a package directory with a slash': '/dcp/cfec-001/dcps/film/',
    'the root': '/dcp/',
    nothing: '/',
    'a file as a directory': `${REEL}/x`,
    'what is not there': '/dcp/cfec-001/dcps/film/none.mxf',
    'a name that is too long': `/dcp/cfec-001/dcps/film/${'x'.repeat(300)}`,
    'a whole address of what is not published': 'http://127.0.0.1/dcp/cfec-001/secret.mxf',
  };
  for (const [name, path] of Object.entries(REFUSED)) {
    it(`R-023 answers 404 to ${name}`, async () => {
      const { status, body } = await send(origin.port, { path });
      assert.deepEqual([status, body.length], [404, 0]);
    });
  }

  it('R-023 no path leads to what is not published', async () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '/',
      '//',
      'dcps',
      'dcps-tmp',
      'film',
      'up',
      'upload',
      'secret.mxf',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async pieces => {
        const path = `/dcp/cfec-001/dcps/${pieces.join('/')}/secret.mxf`;
        assert.equal(await statusOf(path), 404, path);
      }),
      { numRuns: 150 },
    );
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    it(`R-019 refuses ${method} with 405 and Allow`, async () => {
      const { status, headers } = await send(origin.port, { path: REEL, method, body: 'x' });
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
    });
  }

  const NAMES = [
    '战狼 2.mxf',
    'a b.mxf',
    'a#b.mxf',
    'a%b.mxf',
    '100%.mxf',
    'a%20b.mxf',
    'a?b=c.mxf',
    'a+b&c.mxf',
    "it's [1].mxf",
    'é.mxf',
  ];
  for (const name of NAMES) {
    it(`serves ${JSON.stringify(name)} by the address that receivers build`, async () => {
      await write(join(origin.root, 'cfec-001/dcps/影片 #1', name), Buffer.from(name));
      const base = `${origin.url}/dcp/cfec-001/dcps/${encodeURIComponent('影片 #1')}`;
      const { status, text } = await send(origin.port, { path: new URL(fileUrl(base, name)).pathname });
      assert.deepEqual([status, text], [200, name]);
    });
  }

  it('goes on after all of that, and logged no defect', async () => {
    assert.equal(await statusOf(REEL), 200);
    assert.deepEqual(origin.errors, []);
  });

  it('stops while a client is still connected, and twice', async () => {
    const own = await startOrigin();
    await send(own.port, { path: REEL, headers: { connection: 'keep-alive' } });
    await own.stop();
    await own.stop();
    await assert.rejects(send(own.port, { path: REEL }), { code: 'ECONNREFUSED' });
  });
});
