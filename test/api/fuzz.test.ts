import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { type Api, download, envelope, request, startApi, TASK } from './harness.ts';

const PATHS = ['/send', '/sends', '/recv', '/progress', '/uploadprogress', '/gentask', '/taskfilesquery', '/cancel'];
const METHODS = [...PATHS.map(path => path.slice(1)), 'cprogress', 'constructor', '__proto__', ''];
const KEYS = [
  'taskfile',
  'reactive',
  'dcppath',
  'basesubdir',
  'btobscdn',
  'policy',
  'seedtime',
  'deloldtorrent',
  'data',
  'ak',
  'constructor',
];

const RUNS = { numRuns: 150 };
const path = fc.constantFrom(...PATHS);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(TASK, '../x', 'a\0b', '\uD800', 1e308, -1, Number.MAX_SAFE_INTEGER + 2, 'true', true, ''),
);

/** Bodies that look like requests, with anything in them. */
const nearly = fc
  .record(
    {
      message_id: value,
      message_type: value,
      method_name: fc.oneof(fc.constantFrom(...METHODS), value),
      method_params: fc.oneof(fc.dictionary(fc.constantFrom(...KEYS), value), value),
    },
    { requiredKeys: [] },
  )
  .map(body => JSON.stringify(body));

describe('api: hostile bodies', () => {
  let api: Api;
  before(async () => {
    api = await startApi({
      send: async () => 'succeeded!',
      recv: async () => 'succeed!',
      cancel: async () => true,
      gentask: async () => false,
      sends: async () => true,
      making: async () => ({ state: 'none' }),
      uploadProgress: async () => ({ path: '', state: 'queues', error: undefined, isPaused: false, methods: {} }),
      downloadProgress: async () => download(),
    });
  });
  after(() => api.stop());
  // Whatever came, the server still works, and nothing of it was a defect.
  afterEach(async () => {
    assert.equal((await api.ask('/send', 'send', { taskfile: '/t' })).return_status, 'true');
    assert.deepEqual(api.errors, []);
  });

  /** An answer below 500, in the envelope, that says true or says why not. */
  const assertAnswered = async (to: string, body: string | Uint8Array) => {
    const answer = await api.post(to, body);
    assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
    const { return_status, return_content } = envelope(answer);
    if (return_status === 'true') return;
    assert.equal(return_status, 'false');
    assert.equal(typeof return_content.code, 'string');
    assert.equal(typeof return_content.desc, 'string');
    assert.notEqual(return_content.code, 'INTERNAL');
  };

  it('any JSON', async () => {
    await fc.assert(fc.asyncProperty(path, fc.json(), assertAnswered), RUNS);
  });

  it('requests with anything in them', async () => {
    await fc.assert(fc.asyncProperty(path, nearly, assertAnswered), { numRuns: 400 });
  });

  it('any bytes', async () => {
    await fc.assert(fc.asyncProperty(path, fc.uint8Array({ maxLength: 300 }), assertAnswered), RUNS);
  });

  it('requests that are cut anywhere', async () => {
    const body = Buffer.from(request('send', { taskfile: '/战狼', reactive: 'true' }));
    for (let length = 0; length < body.length; length++) {
      const answer = await api.post('/send', body.subarray(0, length));
      assert.equal(answer.status, 400, `cut at ${length}`);
    }
  });

  it('requests with any byte changed', async () => {
    const body = Buffer.from(request('send', { taskfile: '/战狼', reactive: 'true' }));
    const change = fc.tuple(fc.nat(body.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(path, change, async (to, [at, byte]) => {
        await assertAnswered(to, body.with(at, byte));
      }),
      RUNS,
    );
  });

  it('deep nesting answers at once (hostile input 9)', async () => {
    for (const unit of ['[', '{"a":', '[[{"a":']) {
      const body = unit.repeat(Math.floor(1_000_000 / unit.length));
      const begin = performance.now();
      await assertAnswered('/send', body);
      assert.ok(performance.now() - begin < 500, `${unit}: ${performance.now() - begin} ms`);
    }
  });

  it('huge numbers, long keys, many keys, repeated keys', async () => {
    const many = `{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":1`).join(',')}}`;
    const params = [
      '9'.repeat(100_000),
      `1e${'9'.repeat(1000)}`,
      `-0.${'0'.repeat(1000)}1`,
      `{"${'k'.repeat(500_000)}":1}`,
      many,
      '{"taskfile":"/a","taskfile":"/b"}',
      `"${'\\u0000'.repeat(100_000)}"`,
    ];
    for (const text of params) {
      await assertAnswered('/send', `{"message_id":"1","method_name":"send","method_params":${text}}`);
    }
  });

  it('the prototype cannot be reached', async () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      for (const to of PATHS) {
        await assertAnswered(
          to,
          `{"method_name":"${to.slice(1)}","method_params":{"${key}":{"taskfile":"/t","polluted":1}}}`,
        );
        await assertAnswered(to, `{"${key}":{"method_name":"send","method_params":{"taskfile":"/t"}}}`);
      }
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('what is no HTTP, and clients that go in the middle', async () => {
    const heads = [
      'GET / HTTP/9.9\r\n\r\n',
      '\0\0\0\0\r\n\r\n',
      'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
      'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      `GET /${'x'.repeat(50_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(5000)}\r\n`,
      'POST /send HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}',
      'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"mess',
    ];
    for (const head of heads) {
      const socket = connect(api.port, '127.0.0.1');
      let text = '';
      socket.on('data', (data: Buffer) => {
        text += data.toString();
      });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(head);
      await once(socket, 'close');
      assert.doesNotMatch(text, /^HTTP\/1\.1 (2|5)/, head.slice(0, 60));
    }
  });
});
