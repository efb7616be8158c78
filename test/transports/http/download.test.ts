import { shownUrl } from '../../../src/core/shown-url.ts';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { checkUrl, createHttpClient, fileUrl } from '../../../src/transports/http/client.ts';
import { download } from '../../../src/transports/http/download.ts';
import { HostileServer } from './hostile-server.ts';

describe('transports/http: small documents', () => {
  const http = createHttpClient();
  const server = new HostileServer();
  const never = new AbortController().signal;
  before(() => server.start());
  after(() => server.stop());

  const get = (limit = 1000, signal = never) =>
    download(http, `${server.url}/film.torrent?token=s3cret`, limit, signal);

  it('gives the bytes, up to the limit', async () => {
    const bytes = randomBytes(1000);
    server.behave = res => void res.end(bytes);
    assert.deepEqual(Buffer.from(await get()), bytes);
    server.behave = res => void res.end();
    assert.equal((await get()).length, 0);
  });

  it('refuses what is larger, also without a Content-Length, and does not read on', async () => {
    server.behave = res => void res.end(Buffer.alloc(1001));
    await assert.rejects(get(), { code: 'SOURCE_REFUSES', permanent: true, message: /larger than 1000 bytes/ });
    server.behave = res => {
      res.writeHead(200);
      const more = () => res.write(Buffer.alloc(65_536), error => void (error ?? setImmediate(more)));
      more();
    };
    await assert.rejects(get(), { code: 'SOURCE_REFUSES', permanent: true });
  });

  for (const [status, permanent] of [
    [404, true],
    [403, true],
    [206, true],
    [500, false],
    [503, false],
  ] as const) {
    it(`answers ${status}: ${permanent ? 'permanent' : 'may heal'}`, async () => {
      server.behave = res => void res.writeHead(status).end('a body');
      const message = new RegExp(`^http://127\\.0\\.0\\.1:\\d+/film\\.torrent answered ${status}$`);
      await assert.rejects(get(), { code: 'SOURCE_REFUSES', permanent, message });
      server.behave = res => void res.writeHead(status).end();
      await assert.rejects(get(), { code: 'SOURCE_REFUSES', permanent, message });
    });
  }

  it('does not take a body that was cut for the whole', async () => {
    server.behave = res => void res.writeHead(200, { 'content-length': 500 }).write('half', () => res.destroy());
    await assert.rejects(get(), { code: 'SOURCE_UNREACHABLE', permanent: false });
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    server.behave = () => controller.abort(reason);
    await assert.rejects(get(1000, controller.signal), reason);
  });
});

describe('transports/http: addresses', () => {
  it('encodes every segment, and the server gets the name back', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter(text => !/^\.+$|\0/.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), names => {
        const file = names.map(text => text.replaceAll('/', '_')).join('/');
        const url = new URL(fileUrl('http://127.0.0.1/dcp', file));
        assert.deepEqual([url.search, url.hash], ['', '']);
        assert.equal(decodeURIComponent(url.pathname), `/dcp/${file}`);
      }),
    );
  });

  it('hostile input 12: shows neither query nor user', () => {
    assert.equal(shownUrl('https://u:p@h.example:8/a%20b?Signature=x#y'), 'https://h.example:8/a%20b');
    assert.throws(() => checkUrl('obs://bucket/x'), { code: 'SOURCE_REFUSES', permanent: true });
  });
});
