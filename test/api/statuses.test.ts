import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { READS } from '../../src/api/reads.ts';
import { isLoopback } from '../../src/core/listen.ts';
import type { RefusalPage } from '../../src/api/rest/shapes.ts';
import type { RawAnswer } from '../raw-request.ts';
import { type Api, envelope, request, startApi } from './harness.ts';

const BODY = request('send', { taskfile: '/t' });

describe('api: what the protocol does not know (decision 3)', () => {
  let api: Api;
  let sent = 0;
  before(async () => {
    api = await startApi({ send: async () => `succeeded! ${++sent}` });
  });
  after(() => api.stop());
  beforeEach(() => {
    sent = 0;
  });

  /** A refusal in the same envelope; nothing reached the daemon. */
  const assertRefused = (answer: RawAnswer, status: number, code: string) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(sent, 0);
    const body = JSON.parse(answer.text) as Partial<RefusalPage>;
    // Our own paths refuse in their own form.
    if (body.error) return assert.equal(body.error.code, code);
    const { message_type, return_status, return_content, ...rest } = envelope(answer);
    assert.deepEqual([message_type, return_status, return_content.code], ['response', 'false', code]);
    assert.notEqual(return_content.desc, '');
    assert.deepEqual(rest, { reqest_message_id: '', request_message_id: '', method_name: '' });
    assert.equal(sent, 0);
  };

  const BAD = {
    'no JSON': '{"message_id":',
    'no body': '',
    'an array': '[]',
    'a number': '7',
    null: 'null',
    'a text': '"send"',
    'invalid UTF-8': Buffer.from([...Buffer.from('{"message_id":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
    'a byte order mark alone': '\uFEFF',
    'nesting deeper than 64': '['.repeat(65) + ']'.repeat(65),
    'nesting without an end': '[{"a":'.repeat(20_000),
    'the key __proto__': '{"message_id":"1","method_name":"send","method_params":{"__proto__":{"taskfile":"/t"}}}',
    'the key __proto__ at the top': '{"__proto__":{"method_name":"send"}}',
  };
  for (const [name, body] of Object.entries(BAD)) {
    it(`answers 400 to ${name}`, async () => assertRefused(await api.post('/send', body), 400, 'BODY_NOT_JSON'));
  }

  for (const path of ['/', '/sendss', '/send/x', '//send', '/send%00', '/..', '/%2e%2e/send']) {
    it(`answers 404 to ${path}`, async () => assertRefused(await api.post(path, BODY), 404, 'PATH_UNKNOWN'));
  }

  for (const path of [
    '/send',
    '/recv',
    '/progress',
    '/uploadprogress',
    '/gentask',
    '/taskfilesquery',
    '/cancel',
    '/sends',
  ]) {
    it(`answers 405 with Allow to GET ${path}`, async () => {
      const answer = await api.send({ path });
      assertRefused(answer, 405, 'HTTP_METHOD');
      assert.equal(answer.headers.allow, 'POST');
    });
  }

  for (const path of READS.map(({ path }) => path)) {
    it(`answers 405 with Allow to POST ${path}`, async () => {
      const answer = await api.post(path, BODY);
      assertRefused(answer, 405, 'HTTP_METHOD');
      assert.deepEqual(answer.headers.allow?.split(', ').toSorted(), ['GET', 'HEAD']);
    });
  }

  it('answers 405 to DELETE and OPTIONS', async () => {
    for (const method of ['DELETE', 'OPTIONS', 'PATCH']) {
      assertRefused(await api.send({ method, path: '/send' }), 405, 'HTTP_METHOD');
    }
  });

  for (const size of [1024 * 1024 + 1, 3_000_000, 20_000_000]) {
    it(`answers 413 to a body of ${size} bytes, and goes on`, async () => {
      assertRefused(await api.post('/send', Buffer.alloc(size, 0x20)), 413, 'BODY_TOO_LARGE');
      assert.equal((await api.ask('/send', 'send', { taskfile: '/t' })).return_status, 'true');
    });
  }

  it('takes a body of 1 MiB', async () => {
    assert.equal((await api.post('/send', BODY.padEnd(1024 * 1024))).status, 200);
  });

  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonp']) {
    it(`answers 415 to ${type}`, async () => {
      assertRefused(await api.post('/send', BODY, { 'content-type': type }), 415, 'CONTENT_TYPE');
    });
  }

  it('answers 415 also when the body is large', async () => {
    const body = Buffer.alloc(900_000, 0x20);
    assertRefused(await api.post('/send', body, { 'content-type': 'text/plain' }), 415, 'CONTENT_TYPE');
  });

  for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/x-www-form-urlencoded', '']) {
    it(`takes ${JSON.stringify(type)} on the loopback address: the documents' curl lines have a broken header`, async () => {
      assert.equal((await api.post('/send', BODY, { 'content-type': type })).status, 200);
    });
  }

  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1:8191',
    '127.evil',
  ]) {
    it(`answers 421 to the Host ${host} (hostile input 1)`, async () => {
      assertRefused(await api.post('/send', BODY, { host }), 421, 'HOST_FOREIGN');
      assert.equal((await api.send({ path: '/heartbeat', headers: { host } })).status, 421);
    });
  }

  for (const host of ['localhost', 'localhost:8191', '127.0.0.1:8191', '[::1]:8191', '127.0.0.2']) {
    it(`answers to the Host ${host}`, async () => assert.equal((await api.post('/send', BODY, { host })).status, 200));
  }

  it('answers HTTP/1.0 without a Host: no browser leaves it out', async () => {
    const socket = connect(api.port, '127.0.0.1').setEncoding('utf8');
    socket.write('GET /heartbeat HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  });

  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://localhost', 'file://', 'x']) {
    it(`answers 403 to a page of ${origin} (hostile input 2)`, async () => {
      const answer = await api.post('/send', BODY, { origin });
      assertRefused(answer, 403, 'ORIGIN_FOREIGN');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    });
  }

  it('answers 403 to what other sites embed, which has no Origin, and not to who follows a link (Fetch Metadata)', async () => {
    const fetched = (site: string, mode: string, dest: string, method = 'GET') => {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
      return api.send({ method, path: '/reloadconf', headers });
    };
    assertRefused(await fetched('cross-site', 'no-cors', 'image'), 403, 'ORIGIN_FOREIGN');
    assertRefused(await fetched('same-site', 'no-cors', 'script'), 403, 'ORIGIN_FOREIGN');
    assertRefused(await fetched('cross-site', 'navigate', 'iframe'), 403, 'ORIGIN_FOREIGN');
    assertRefused(await fetched('cross-site', 'navigate', 'document', 'POST'), 403, 'ORIGIN_FOREIGN');
    for (const site of ['cross-site', 'none']) assert.equal((await fetched(site, 'navigate', 'document')).status, 200);
    assert.equal((await fetched('same-origin', 'cors', 'empty')).status, 200);
  });

  it('logs of what cannot be parsed only why: the token may be in it', async () => {
    const socket = connect(api.port, '127.0.0.1').setEncoding('utf8');
    socket.write(
      'POST /send HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer VERYSECRET\r\nTransfer-Encoding: x\r\n\r\n',
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 400 /);
    const logged = JSON.stringify(api.warnings);
    assert.match(logged, /Transfer-Encoding/);
    assert.ok(!logged.includes(String([...Buffer.from('SECRET')])));
  });

  it('answers a page of its own', async () => {
    assert.equal((await api.post('/send', BODY, { origin: api.url })).status, 200);
  });

  it('decision 32: with a token, nobody gets in without it', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer s3cre',
      'Bearer s3cret1',
      'bearer s3cret',
      'Basic s3cret',
      's3cret',
    ]) {
      const guarded = await startApi({ send: async () => 'succeeded!' }, 's3cret');
      try {
        assertRefused(await guarded.post('/send', BODY, { authorization }), 401, 'UNAUTHORISED');
        assert.equal((await guarded.send({ path: '/heartbeat', headers: { authorization } })).status, 401);
        assert.equal((await guarded.ask('/send', 'send', { taskfile: '/t' })).return_status, 'true');
      } finally {
        await guarded.stop();
      }
    }
  });

  it('knows which names are the loopback', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
      assert.equal(isLoopback(host), true, host);
    for (const host of ['', '0.0.0.0', '::', '128.0.0.1', '127.evil', '::ffff:10.0.0.1'])
      assert.equal(isLoopback(host), false, host);
  });
});
