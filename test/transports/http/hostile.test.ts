import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { BftError } from '../../../src/core/errors.ts';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import { createHttpClient, fileUrl } from '../../../src/transports/http/client.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { HostileServer, serve } from './hostile-server.ts';
import { RawServer } from './raw-server.ts';

const SIZE = 20_000;
const IDLE_MS = 100;
const never = new AbortController().signal;

/** Head of a right answer to the whole file. */
const HEAD = `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-${SIZE - 1}/${SIZE}\r\n`;

/** Goes on writing until the other side has enough. */
function flood(socket: Socket, part: string | Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(part));
  };
  socket.on('drain', more);
  more();
}

/** Writes byte by byte, for ever. */
function trickle(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 5);
  socket.on('close', () => clearInterval(timer));
}

const CORPUS: [name: string, code: string, answer: (socket: Socket) => void][] = [
  ['no answer at all', 'SOURCE_UNREACHABLE', () => {}],
  ['a connection that is closed', 'SOURCE_UNREACHABLE', socket => socket.end()],
  ['a connection that is reset', 'SOURCE_UNREACHABLE', socket => socket.resetAndDestroy()],
  ['random bytes', 'SOURCE_UNREACHABLE', socket => socket.end(randomBytes(5000))],
  ['random bytes without end', 'SOURCE_UNREACHABLE', socket => flood(socket, randomBytes(5000))],
  ['half a status line', 'SOURCE_UNREACHABLE', socket => socket.end('HTTP/1.1 20')],
  ['another protocol', 'SOURCE_UNREACHABLE', socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ['a status that is none', 'SOURCE_UNREACHABLE', socket => socket.end('HTTP/1.1 999999 OK\r\n\r\n')],
  ['status 000', 'SOURCE_REFUSES', socket => socket.end('HTTP/1.1 000 ?\r\nContent-Length: 0\r\n\r\n')],
  ['an upgrade', 'SOURCE_UNREACHABLE', s => s.end('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')],
  ['interim answers without end', 'SOURCE_UNREACHABLE', socket => trickle(socket, 'HTTP/1.1 103 Hint\r\n\r\n')],
  ['a header without end', 'SOURCE_UNREACHABLE', s => flood(s.unref(), Buffer.from(`${HEAD}X: ${'x'.repeat(9000)}`))],
  ['headers without end', 'SOURCE_UNREACHABLE', s => (s.write(HEAD), flood(s, `X-A: ${'b'.repeat(100)}\r\n`))],
  ['headers that trickle', 'SOURCE_UNREACHABLE', socket => trickle(socket, `${HEAD}X-Slow: ${'x'.repeat(500)}`)],
  ['a NUL in a header', 'SOURCE_UNREACHABLE', socket => socket.end(`${HEAD}X: a\0b\r\n\r\n`)],
  ['lengths that differ', 'SOURCE_UNREACHABLE', s => s.end(`${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`)],
  ['a negative length', 'SOURCE_UNREACHABLE', socket => socket.end(`${HEAD}Content-Length: -5\r\n\r\n`)],
  ['a length beyond all numbers', 'SOURCE_UNREACHABLE', s => s.end(`${HEAD}Content-Length: ${'9'.repeat(40)}\r\n\r\n`)],
  ['another length than the range', 'WRONG_BYTES', socket => socket.write(`${HEAD}Content-Length: 5\r\n\r\nabcde`)],
  [
    'length and chunks at once',
    'SOURCE_UNREACHABLE',
    socket => socket.end(`${HEAD}Content-Length: ${SIZE}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`),
  ],
  ['chunks that are none', 'SOURCE_UNREACHABLE', s => s.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc`)],
  [
    'a chunk beyond all numbers',
    'SOURCE_UNREACHABLE',
    socket => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(30)}\r\nabc`),
  ],
  ['a body without end', 'WRONG_BYTES', socket => (socket.write(`${HEAD}\r\n`), flood(socket, Buffer.alloc(5000)))],
  ['a body that stops', 'SOURCE_UNREACHABLE', s => s.write(`${HEAD}Content-Length: ${SIZE}\r\n\r\nabc`)],
  ['a body that is cut', 'SOURCE_UNREACHABLE', s => s.end(`${HEAD}Content-Length: ${SIZE}\r\n\r\nabc`)],
  ['a body of other bytes', 'WRONG_BYTES', s => s.end(`${HEAD}Content-Length: ${SIZE}\r\n\r\n${'x'.repeat(SIZE)}`)],
  ['a coding that was not asked for', 'WRONG_BYTES', s => s.write(`${HEAD}Content-Encoding: gzip\r\n\r\nabc`)],
  ['several ranges', 'WRONG_BYTES', s => s.end('HTTP/1.1 206 X\r\nContent-Type: multipart/byteranges\r\n\r\n--x')],
  ['a range of nonsense', 'WRONG_BYTES', s => s.end('HTTP/1.1 206 X\r\nContent-Range: bytes */-1\r\n\r\n')],
  ['a redirect to nonsense', 'ADDRESS_REFUSED', s => s.end('HTTP/1.1 302 X\r\nLocation: http://[\r\n\r\n')],
  ['a redirect to itself', 'ADDRESS_REFUSED', s => s.end('HTTP/1.1 302 X\r\nLocation: ?\r\nContent-Length: 0\r\n\r\n')],
  [
    'a redirect with a body without end',
    'ADDRESS_REFUSED',
    s => (s.write('HTTP/1.1 302 X\r\nLocation: ?\r\n\r\n'), flood(s, Buffer.alloc(5000))),
  ],
];

describe('transports/http: hostile servers', () => {
  const http = createHttpClient({ idleMs: IDLE_MS });
  const fetcher = new RangedFetcher(http, () => ({ task: 1, file: 1, host: 1 }));
  const raw = new RawServer();
  const honest = new HostileServer();
  let sample: SamplePackage;
  let item: TransferItem;
  let ledger: Ledger;
  before(() => Promise.all([raw.start(), honest.start()]));
  after(() => Promise.all([raw.stop(), honest.stop()]));
  beforeEach(async () => {
    sample = await SamplePackage.make({ shares: { cdn: randomFiles({ 'bad.mxf': SIZE, 'good.mxf': SIZE }) } });
    item = sample.received();
    ledger = await sample.ledger(item);
    honest.behave = (res, asked) => serve(res, sample.files[asked.path.slice(1)] ?? Buffer.alloc(0), asked);
  });
  afterEach(() => sample.remove());

  const fetchFrom = (file: string, base: string) => {
    const extents = [item.manifest.extent(file)];
    return fetcher.fetch({ item, method: 'cdn', extents, ledger, urlOf: name => fileUrl(base, name) }, never);
  };

  it('bytes behind the announced body are dropped with their connection, and the file is right', async () => {
    const bytes = sample.files['bad.mxf'] ?? Buffer.alloc(0);
    raw.answer = socket => {
      socket.write(`${HEAD}Content-Length: ${SIZE}\r\n\r\n`);
      socket.write(Buffer.concat([bytes, Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]));
    };
    await fetchFrom('bad.mxf', raw.url);
    assert.deepEqual(await sample.staged(), { 'cdn/cfec-001/film/bad.mxf': bytes });
    await until('the connection is let go', () => raw.open === 0);
  });

  it('an interim answer, a head in single bytes and a body in two parts are no harm', async () => {
    const bytes = sample.files['bad.mxf'] ?? Buffer.alloc(0);
    raw.answer = socket => {
      const head = `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${HEAD}Content-Length: ${SIZE}\r\n\r\n`;
      let at = 0;
      const more = () => {
        if (at < head.length) return socket.write(head[at++] ?? '', () => setImmediate(more));
        socket.write(bytes.subarray(0, 7));
        return setImmediate(() => socket.write(bytes.subarray(7)));
      };
      more();
    };
    await fetchFrom('bad.mxf', raw.url);
    assert.deepEqual(await sample.staged(), { 'cdn/cfec-001/film/bad.mxf': bytes });
  });

  for (const [name, code, answer] of CORPUS) {
    it(`${name}: ${code}, nothing is written, the next file comes in`, async () => {
      raw.answer = answer;
      const error = await fetchFrom('bad.mxf', raw.url).then(
        () => assert.fail('it was taken'),
        (thrown: BftError) => thrown,
      );
      assert.deepEqual([error.code, error.permanent], [code, false], error.message);
      assert.ok(error.message.length < 400, error.message);
      assert.equal(ledger.isVerified({ file: 'bad.mxf', offset: 0, length: 1 }), false);
      await until('the connection is let go', () => raw.open === 0);
      await fetchFrom('good.mxf', honest.url);
      assert.deepEqual(await sample.staged(), { 'cdn/cfec-001/film/good.mxf': sample.files['good.mxf'] });
    });
  }
});
