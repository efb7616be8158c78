import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BUCKET,
  codeOf,
  DOMAIN,
  type RawRequest,
  type RunningServer,
  send,
  startServer,
  temporaryDirectory,
  textsOf,
} from './harness.ts';

const KEY = 'reel.mxf';
const PATH = `/${BUCKET}/${KEY}`;
const BYTES = randomBytes(3_000_000);

describe('devserver: faults on demand', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer();
    await send(server.port, { method: 'PUT', path: PATH, body: BYTES });
  });
  after(() => server.stop());

  const admin = (method: string, path: string, body = '') => send(server.port, { method, path, body, dialect: 'none' });
  const setFaults = async (...rules: unknown[]) => {
    const { status, text } = await admin('PUT', '/-/faults', JSON.stringify(rules));
    assert.equal(status, 200, text);
  };
  const fired = async () => {
    const { text } = await admin('GET', '/-/faults');
    return (JSON.parse(text) as { fired: number }[]).map(rule => rule.fired);
  };
  const get = (more: Partial<RawRequest> = {}) => send(server.port, { path: PATH, ...more });
  const put = (body: string | Buffer, signal?: AbortSignal) =>
    send(server.port, { method: 'PUT', path: `/${BUCKET}/up`, body, ...(signal ? { signal } : {}) });
  /** Resolves with true when nothing ends the exchange within the time. */
  const hangs = async (exchange: (signal: AbortSignal) => Promise<unknown>) => {
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), 700);
    await exchange(ending.signal).catch(() => undefined);
    clearTimeout(timer);
    return ending.signal.aborted;
  };

  afterEach(() => admin('DELETE', '/-/faults'));

  it('answers with a status so many times, and shows how often', async () => {
    const fault = { kind: 'status', status: 503, code: 'SlowDown', retryAfter: 1 };
    await setFaults({ match: { method: 'GET', key: 'reel' }, times: 2, fault });
    for (const _ of [1, 2]) {
      const answer = await get();
      assert.deepEqual([answer.status, codeOf(answer), answer.headers['retry-after']], [503, 'SlowDown', '1']);
      assert.equal(answer.headers['x-obs-error-code'], 'SlowDown');
    }
    assert.equal((await get()).status, 200);
    assert.deepEqual(await fired(), [2]);
  });

  it('matches by method, key and operation; the first rule with firings left acts', async () => {
    const status = (code: string) => ({ kind: 'status', status: 500, code });
    await setFaults(
      { match: { operation: 'headObject' }, fault: status('Head') },
      { match: { key: 'elsewhere' }, fault: status('Elsewhere') },
      { match: { method: 'GET' }, times: 1, fault: status('First') },
      { match: {}, times: null, fault: status('Rest') },
    );
    assert.equal((await get({ method: 'HEAD' })).headers['x-obs-error-code'], 'Head');
    assert.deepEqual([codeOf(await get()), codeOf(await get()), codeOf(await put('x'))], ['First', 'Rest', 'Rest']);
    assert.deepEqual(await fired(), [1, 0, 1, 2]);
  });

  it('does not act on requests that are not signed', async () => {
    await setFaults({ match: {}, fault: { kind: 'cut' } });
    assert.equal((await get({ dialect: 'none' })).status, 403);
    assert.deepEqual(await fired(), [0]);
  });

  it('flips one bit in every so many bytes of what it serves', async () => {
    await setFaults({ match: {}, times: 1, fault: { kind: 'flip', every: 700_001 } });
    const { body } = await get();
    const expected = Buffer.from(BYTES);
    for (let at = 700_000; at < expected.length; at += 700_001) expected[at] = (expected[at] ?? 0) ^ 1;
    assert.ok(!body.equals(BYTES));
    assert.ok(body.equals(expected));
    assert.ok((await get()).body.equals(BYTES), 'what is stored stays right');
  });

  it('cuts the connection in the middle of the body', async () => {
    await setFaults({ match: { operation: 'getObject' }, times: 1, fault: { kind: 'cut' } });
    const { status, complete, body } = await get();
    assert.deepEqual([status, complete], [200, false]);
    assert.ok(body.length > 0 && body.length < BYTES.length);
    assert.ok(body.equals(BYTES.subarray(0, body.length)));
  });

  it('stops sending in the middle of the body', async () => {
    await setFaults({ match: { operation: 'getObject' }, times: 1, fault: { kind: 'stall' } });
    let received = 0;
    const stalled = await hangs(async signal => {
      received = (await get({ signal })).body.length;
    });
    assert.deepEqual([stalled, received], [true, BYTES.length / 2]);
  });

  it('ignores a range, only where one is asked for', async () => {
    await setFaults({ match: {}, times: 1, fault: { kind: 'ignoreRange' } });
    await get();
    assert.deepEqual(await fired(), [0]);
    const answer = await get({ headers: { range: 'bytes=5-6' } });
    assert.deepEqual([answer.status, answer.body.length], [200, BYTES.length]);
    assert.equal((await get({ headers: { range: 'bytes=5-6' } })).status, 206);
  });

  it('cuts and stalls bodies that come in, and keeps nothing of them', async () => {
    await setFaults(
      { match: { operation: 'putObject' }, times: 1, fault: { kind: 'cut' } },
      { match: { operation: 'putObject' }, times: 1, fault: { kind: 'stall' } },
    );
    await assert.rejects(put(BYTES));
    assert.ok(await hangs(signal => put(BYTES, signal)));
    assert.equal((await send(server.port, { path: `/${BUCKET}/up` })).status, 404);
    assert.deepEqual(await fired(), [1, 1]);
  });

  it('loses the answer of an operation that was carried out', async () => {
    await setFaults({ match: { method: 'DELETE' }, times: 1, fault: { kind: 'cut' } });
    await put('gone soon');
    await assert.rejects(send(server.port, { method: 'DELETE', path: `/${BUCKET}/up` }));
    assert.equal((await send(server.port, { path: `/${BUCKET}/up` })).status, 404);
  });

  it('refuses rules it does not understand and keeps the old ones', async () => {
    await setFaults({ match: { key: 'kept' }, fault: { kind: 'cut' } });
    for (const body of [
      '{',
      '{}',
      '[{"fault":{"kind":"flop"}}]',
      '[{"match":{"operation":"x"},"fault":{"kind":"cut"}}]',
    ]) {
      const answer = await admin('PUT', '/-/faults', body);
      assert.equal(answer.status, 400);
      assert.match(answer.text, /problems/);
    }
    assert.deepEqual(await fired(), [0]);
  });

  it('leaves such a path of a bucket in virtual-host style alone', async () => {
    const headers = { host: `${BUCKET}.${DOMAIN}` };
    assert.equal((await send(server.port, { method: 'PUT', path: '/-/faults', headers, body: 'object' })).status, 200);
    assert.equal((await send(server.port, { path: '/-/faults', headers })).text, 'object');
    assert.equal((await admin('GET', '/-/nothing')).status, 404);
  });
});

describe('devserver: request counts and stopping', () => {
  it('counts requests and successes per operation', async () => {
    const server = await startServer();
    const begun = await send(server.port, { method: 'POST', path: `${PATH}?uploads` });
    const path = `${PATH}?partNumber=1&uploadId=${textsOf(begun, 'UploadId')[0]}`;
    await send(server.port, { method: 'PUT', path, body: 'part' });
    await send(server.port, { method: 'PUT', path: path.replace('partNumber=1', 'partNumber=0'), body: 'part' });
    await send(server.port, { path: PATH });
    await send(server.port, { path: PATH, dialect: 'none' });
    const { text } = await send(server.port, { path: '/-/requests', dialect: 'none' });
    assert.deepEqual(JSON.parse(text), {
      initiateMultipartUpload: { requests: 1, succeeded: 1 },
      uploadPart: { requests: 2, succeeded: 1 },
      getObject: { requests: 1, succeeded: 0 },
    });
    await send(server.port, { method: 'DELETE', path: '/-/requests', dialect: 'none' });
    assert.equal((await send(server.port, { path: '/-/requests', dialect: 'none' })).text, '{}');
    await server.stop();
  });

  it('stops in the middle of stalled transfers and leaves no temporary file', async () => {
    const root = await temporaryDirectory();
    const server = await startServer({ root });
    await send(server.port, { method: 'PUT', path: PATH, body: BYTES });
    const body = JSON.stringify([{ match: {}, fault: { kind: 'stall' } }]);
    await send(server.port, { method: 'PUT', path: '/-/faults', body, dialect: 'none' });
    const exchanges = Promise.allSettled([
      send(server.port, { path: PATH }),
      send(server.port, { method: 'PUT', path: PATH, body: BYTES }),
    ]);
    const blobs = () => readdir(join(root, BUCKET, 'blobs'));
    while ((await blobs()).length < 2) await new Promise(resolve => setTimeout(resolve, 5));
    await server.stop();
    assert.equal((await blobs()).length, 1);
    await exchanges;
    await server.stop();
    await rm(root, { recursive: true });
  });
});
