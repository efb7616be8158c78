import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, open, readdir, readlink, truncate, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { inspect } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../src/core/log.ts';
import { FileServer } from '../../src/origin/file-server.ts';
import { ClientGone, sendBody } from '../../src/origin/send-body.ts';
import { type Listening, startListening } from '../listening.ts';
import { send } from '../raw-request.ts';
import { makeFifo, temporaryDirectory } from '../temporary-directory.ts';
import { until } from '../transports/until.ts';
import { BYTES } from './published-tree.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;

describe('origin: sending', () => {
  const at = temporaryDirectory();
  let server: Listening;
  let published: (segments: readonly string[]) => boolean;
  let warnings: { err?: { code?: string } }[];
  /** Of Node: descriptors that only the garbage collection closed, listeners that pile up. */
  const complaints: Error[] = [];
  const complain = (warning: Error) => complaints.push(warning);
  before(() => process.on('warning', complain));
  after(() => {
    process.off('warning', complain);
    assert.deepEqual(complaints, []);
  });
  const start = async (idleMs: number) => {
    warnings = [];
    const warn = (fields: object) => warnings.push(fields);
    server = await startListening(log => serverOf({ ...log, warn }, idleMs));
  };
  const serverOf = (log: Logger, idleMs: number) =>
    new FileServer(
      { log },
      {
        name: 'files',
        address: { host: '127.0.0.1', port: 0 },
        addressFrom: 'test',
        root: at(),
        prefix: '/data/',
        isPublished: segments => published(segments),
        idleMs,
      },
    );
  beforeEach(async () => {
    published = () => true;
    await writeFile(at('reel.mxf'), '');
    // A hole of this size costs nothing, and no buffer on the way holds it.
    await truncate(at('reel.mxf'), SIZE);
    await start(60_000);
  });
  afterEach(() => server.stop());

  const ask = async (): Promise<IncomingMessage> => {
    const request = get({ port: server.port, path: '/data/reel.mxf?sign=secret', agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  };

  /** Descriptors of this process on the file. */
  const opened = async () => {
    const links = (await readdir('/proc/self/fd')).map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
    return (await Promise.all(links)).filter(path => path === at('reel.mxf')).length;
  };

  it('R-023 closes the file when the client goes away', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, ask));
    assert.equal(await opened(), 20);
    for (const client of clients) client.destroy();
    await until('no descriptor is left', async () => (await opened()) === 0);
    assert.deepEqual([warnings, server.errors], [[], []]);
  });

  it('R-023 cuts a client that takes nothing any more', async () => {
    await server.stop();
    await start(200);
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    socket.write('GET /data/reel.mxf HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the answer has begun', async () => (await opened()) === 1);
    await until('no descriptor is left', async () => (await opened()) === 0);
    socket.on('error', () => undefined).destroy();
  });

  it('R-023 serves a client to the end that takes little, but steadily, for longer than the idle time', async () => {
    const idleMs = 1000;
    await server.stop();
    await start(idleMs);
    const slowUntil = performance.now() + 1.5 * idleMs;
    let received = 0;
    for await (const chunk of (await ask()) as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (performance.now() < slowUntil) await delay(5);
    }
    assert.equal(received, SIZE);
  });

  it('R-023 cuts the answer when the file shrinks, and fills nothing up', async () => {
    const answer = await ask();
    assert.equal(answer.headers['content-length'], String(SIZE));
    await truncate(at('reel.mxf'), MIB);
    let received = 0;
    answer.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    const [error] = (await once(answer, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
    assert.ok(received < SIZE, String(received));
    assert.deepEqual(
      warnings.map(({ err }) => err?.code),
      ['SOURCE_CHANGED'],
    );
    assert.doesNotMatch(inspect(warnings), /secret/);
    await until('no descriptor is left', async () => (await opened()) === 0);
  });

  it('R-007 holds no more of a file in memory than two blocks for a client', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const clients = await Promise.all(Array.from({ length: 20 }, ask));
    await until('all of them stand still', async () => (await opened()) === 20);
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 20 * MIB, `${grown} bytes for 20 clients of ${SIZE} bytes each`);
    for (const client of clients) client.destroy();
  });

  it('R-007 requests that are sent at once without taking an answer hold one file and two blocks, and go with their client', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const requests = 1800;
    let looked = 0;
    published = () => ++looked > 0;
    const client = connect(server.port, '127.0.0.1');
    client.pause();
    client.write('GET /data/reel.mxf HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(requests));
    await until('the first answer has begun', async () => (await opened()) === 1);
    // A request of another connection that comes later is answered: what was to be done for the first ones is done.
    assert.equal((await send(server.port, { path: '/data/nothing' })).status, 404);
    assert.deepEqual([await opened(), looked], [1, 2]);
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 4 * MIB, `${grown} bytes`);
    client.destroy();
    await until('no descriptor is left', async () => (await opened()) === 0);
    assert.deepEqual([warnings, server.errors], [[], []]);
  });

  it('R-003 answers requests that are sent at once in their order', async () => {
    await writeFile(at('a'), 'first');
    await writeFile(at('b'), 'second');
    const client = connect(server.port, '127.0.0.1');
    const ask = (name: string, more = '') => `GET /data/${name} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    client.write(`${ask('a')}${ask('nothing')}${ask('b', 'Connection: close\r\n')}`);
    const text = Buffer.concat(await client.toArray()).toString();
    assert.match(text, /^HTTP\/1.1 200 [^]*\r\n\r\nfirstHTTP\/1.1 404 [^]*HTTP\/1.1 200 [^]*\r\n\r\nsecond$/);
  });

  it('R-003, R-013, R-016 sends files of many blocks byte for byte, whole and in parts', async () => {
    const bytes = randomBytes(5 * MIB + 3);
    await writeFile(at('random.mxf'), bytes);
    const path = '/data/random.mxf';
    assert.ok((await send(server.port, { path })).body.equals(bytes));
    const range = `bytes=${MIB - 1}-${4 * MIB}, -${MIB + 1}`;
    const { headers, body } = await send(server.port, { path, headers: { range } });
    assert.equal(headers['content-length'], String(body.length));
    for (const part of [bytes.subarray(MIB - 1, 4 * MIB + 1), bytes.subarray(-MIB - 1)]) assert.ok(body.includes(part));
  });

  it('R-023 does not wait for a connection that broke a moment ago', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using file = await open(at('reel.mxf'));
    const broken = createServer((req, res) => {
      req.socket.destroy();
      const sending = sendBody(res, [Buffer.from('x')], file);
      resolve(sending.then(() => 'sent').catch((error: unknown) => error));
    });
    await once(broken.listen(0, '127.0.0.1'), 'listening');
    await assert.rejects(send((broken.address() as AddressInfo).port, { path: '/' }), { code: 'ECONNRESET' });
    assert.ok((await promise) instanceof ClientGone);
    broken.close();
  });

  it('R-022 loses nothing when reads are short', async () => {
    await writeFile(at('short.mxf'), BYTES);
    await using file = await open(at('short.mxf'));
    const read = (into: Buffer, offset: number, length: number, position: number) =>
      file.read(into, offset, Math.min(length, 7), position);
    const short = createServer((_, res) => {
      res.writeHead(200, { 'content-length': 900 });
      void sendBody(res, [{ start: 50, end: 950 }], { read } as typeof file);
    });
    await once(short.listen(0, '127.0.0.1'), 'listening');
    const { body } = await send((short.address() as AddressInfo).port, { path: '/' });
    short.close();
    assert.deepEqual(body, BYTES.subarray(50, 950));
  });

  it('R-023 waits at no pipe', async () => {
    await makeFifo(at('pipe.mxf'));
    assert.equal((await send(server.port, { path: '/data/pipe.mxf' })).status, 404);
  });

  it('R-023 answers 403 to what the daemon may not read', async () => {
    await chmod(at(), 0o755);
    await chmod(at('reel.mxf'), 0);
    const { geteuid, seteuid } = process;
    assert.ok(geteuid && seteuid);
    const self = geteuid();
    // The administrator may read everything.
    if (self === 0) seteuid(65_534);
    try {
      const { status, headers, body } = await send(server.port, { path: '/data/reel.mxf' });
      assert.deepEqual([status, headers['content-length'], body.length], [403, '0', 0]);
    } finally {
      if (self === 0) seteuid(self);
    }
    assert.deepEqual(server.errors, []);
  });
});
