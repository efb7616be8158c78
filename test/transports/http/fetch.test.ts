import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import type { Limiter } from '../../../src/transfer/rate-limits.ts';
import type { Throttle } from '../../../src/transfer/token-bucket.ts';
import { createHttpClient, fileUrl } from '../../../src/transports/http/client.ts';
import type { FetchJob } from '../../../src/transports/http/fetch-job.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type Files, randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { type Asked, type Behaviour, HostileServer, serve } from './hostile-server.ts';

const PIECE = 16_384;
const never = new AbortController().signal;

describe('transports/http: one fetch', () => {
  const server = new HostileServer();
  let sample: SamplePackage;
  let item: TransferItem;
  let ledger: Ledger;
  before(() => server.start());
  after(() => server.stop());
  afterEach(() => sample.remove());

  const prepare = async (files: Files, hasTorrent = true) => {
    sample = await SamplePackage.make({ shares: { cdn: files }, pieceLength: PIECE, hasTorrent });
    item = sample.received();
    ledger = await sample.ledger(item);
    server.asked.splice(0);
    server.mostOpen = 0;
    server.behave = honest;
  };
  const bytesOf = ({ path }: Asked) => sample.files[path.slice(1)] ?? Buffer.alloc(0);
  const honest: Behaviour = (res, asked) => serve(res, bytesOf(asked), asked);
  const fetcherWith = (task: number, file = task, host = task, idleMs = 30_000, throttle?: Throttle) => {
    const { bulk } = createHttpClient({ idleMs });
    const limits: Limiter | undefined = throttle && { through: (_name, _method, _direction, use) => use(throttle) };
    return new RangedFetcher({ bulk, ...(limits ? { limits } : {}) }, () => ({ task, file, host }));
  };
  const jobOf = (changes: Partial<FetchJob> = {}): FetchJob => ({
    item,
    method: 'cdn',
    extents: Object.keys(sample.files).map(file => item.manifest.extent(file)),
    ledger,
    urlOf: file => fileUrl(server.url, file),
    ...changes,
  });
  const assertWhole = async () => {
    const staged = await sample.staged();
    for (const [file, bytes] of Object.entries(sample.files)) {
      assert.ok(staged[`cdn/cfec-001/film/${file}`]?.equals(bytes), file);
    }
    assert.equal(ledger.bytes('cdn'), sample.task.size);
  };
  /** The head of an honest answer. */
  const head = (asked: Asked, more: Record<string, string> = {}) => {
    const { length } = bytesOf(asked);
    const last = Math.min(asked.last, length - 1);
    return { 'content-range': `bytes ${asked.first}-${last}/${length}`, ...more };
  };

  it('fault 25: a body that stalls is given up, and goes on from the last whole unit', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    server.behave = (res, asked) => {
      res.writeHead(206, head(asked)).write(bytesOf(asked).subarray(asked.first, asked.first + 10 * PIECE + 77));
    };
    await assert.rejects(fetcherWith(1, 1, 1, 200).fetch(jobOf(), never), {
      code: 'SOURCE_UNREACHABLE',
      permanent: false,
      message: /nothing was sent for 200 ms/,
    });
    assert.equal(ledger.bytes('cdn'), 10 * PIECE);
    server.takeAsked();
    server.behave = honest;
    await fetcherWith(1).fetch(jobOf(), never);
    assert.equal(server.takeAsked(), 30 * PIECE);
    await assertWhole();
  });

  it('what waits for the limit is no stall: every byte is asked for, and the source is slowed down', async () => {
    await prepare(randomFiles({ 'reel.mxf': 16 * 1024 * 1024 }));
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let allowed = 0;
    let sent = 0;
    server.behave = (res, asked) => {
      res.writeHead(206, head(asked));
      let rest = bytesOf(asked).subarray(asked.first, asked.last + 1);
      const more = () => {
        while (rest.length > 0) {
          const part = rest.subarray(0, 65_536);
          rest = rest.subarray(part.length);
          sent += part.length;
          if (!res.write(part)) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    };
    const throttle = async (bytes: number) => {
      allowed += bytes;
      await released;
    };
    const fetching = fetcherWith(1, 1, 1, 100, throttle).fetch(jobOf(), never);
    let before = -1;
    await until('the source stands still', async () => {
      const isStill = sent === before && sent > 0;
      before = sent;
      await new Promise(resolve => setTimeout(resolve, 300));
      return isStill;
    });
    assert.ok(sent <= 4 * 1024 * 1024 && allowed < 1024 * 1024, `${sent} ${allowed}`);
    release();
    await fetching;
    assert.equal(allowed, 16 * 1024 * 1024);
    await assertWhole();
  });

  it('where bytes wait long, fewer are read at once', async () => {
    await prepare(randomFiles({ 'reel.mxf': 2 * 1024 * 1024 }));
    const chunks: number[] = [];
    const throttle = async (bytes: number) => {
      if (chunks.push(bytes) <= 8) await new Promise(resolve => setTimeout(resolve, 260));
    };
    await fetcherWith(1, 1, 1, 30_000, throttle).fetch(jobOf(), never);
    assert.ok(Math.min(...chunks.slice(6, 10)) <= 16_384, String(chunks));
    await assertWhole();
  });

  it('an abort ends the wait for the limit', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    const controller = new AbortController();
    const throttle = (_: number, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        controller.abort(new Error('cancelled'));
      });
    await assert.rejects(fetcherWith(2, 2, 2, 30_000, throttle).fetch(jobOf(), controller.signal), /cancelled/);
    assert.equal(ledger.bytes('cdn'), 0);
  });

  it('holds the connections per host over all tasks, and per file', async () => {
    await prepare(randomFiles({ 'a.mxf': 5 * 1024 * 1024 }));
    const other = await SamplePackage.make({ shares: { cdn: randomFiles({ 'b.mxf': 5 * 1024 * 1024 }) } });
    try {
      const received = other.received();
      const extents = [received.manifest.extent('b.mxf')];
      const jobs = [jobOf(), jobOf({ item: received, ledger: await other.ledger(received), extents })];
      const open = { '/a.mxf': 0, '/b.mxf': 0 };
      let mostOfAFile = 0;
      server.behave = async (res, asked) => {
        const path = asked.path as keyof typeof open;
        mostOfAFile = Math.max(mostOfAFile, ++open[path]);
        await until('the others', () => server.mostOpen >= 3);
        open[path] -= 1;
        serve(res, bytesOf(asked).length > 0 ? bytesOf(asked) : (other.files['b.mxf'] ?? Buffer.alloc(0)), asked);
      };
      const fetcher = fetcherWith(4, 2, 3);
      await Promise.all(jobs.map(job => fetcher.fetch(job, never)));
      assert.deepEqual([server.mostOpen, mostOfAFile], [3, 2]);
    } finally {
      await other.remove();
    }
    await assertWhole();
  });

  it('zeros are not written: what was a hole stays one; over other bytes they are', async () => {
    const size = 256 * PIECE;
    await prepare({ 'sparse.mxf': Buffer.alloc(size), 'dirty.mxf': Buffer.alloc(size) });
    const dirty = item.stagedPath('dirty.mxf');
    await mkdir(dirname(dirty), { recursive: true });
    await writeFile(dirty, Buffer.alloc(size, 7));
    await fetcherWith(2).fetch(jobOf(), never);
    await assertWhole();
    assert.equal((await stat(item.stagedPath('sparse.mxf'))).blocks, 0);
  });

  it('what was written before a crash is hashed, not fetched; what is wrong of it is fetched', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    const bytes = Buffer.from(sample.files['reel.mxf'] ?? []);
    bytes[5 * PIECE] = (bytes[5 * PIECE] ?? 0) ^ 1;
    const path = item.stagedPath('reel.mxf');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes.subarray(0, 20 * PIECE));
    ledger.written({ file: 'reel.mxf', offset: 0, length: 20 * PIECE });
    await ledger.flush();
    ledger = await sample.ledger(item);
    assert.ok(ledger.isWritten({ file: 'reel.mxf', offset: 0, length: 20 * PIECE }));
    await fetcherWith(1).fetch(jobOf(), never);
    assert.equal(server.takeAsked(), 21 * PIECE);
    await assertWhole();
  });

  it('fetches the extents, and not a byte beside them', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    const extents = [
      { file: 'reel.mxf', offset: 30 * PIECE, length: 5 * PIECE },
      { file: 'reel.mxf', offset: 3 * PIECE, length: 2 * PIECE },
    ];
    await fetcherWith(1).fetch(jobOf({ extents }), never);
    assert.equal(server.takeAsked(), 7 * PIECE);
    assert.equal(ledger.bytes('cdn'), 7 * PIECE);
    for (const extent of extents) assert.ok(ledger.isVerified(extent));
    await fetcherWith(2).fetch(jobOf(), never);
    await assertWhole();
  });

  it('connections are kept; one that the source closed meanwhile costs nothing', async () => {
    await prepare(randomFiles(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.xml`, 100]))));
    const sockets = new Set<unknown>();
    let answers = 0;
    server.behave = (res, asked, req) => {
      sockets.add(req.socket);
      const { socket } = req;
      if (++answers === 10) res.once('finish', () => setImmediate(() => socket.destroy()));
      return honest(res, asked, req);
    };
    await fetcherWith(1).fetch(jobOf(), never);
    assert.equal(sockets.size, 2);
    await assertWhole();
  });
});
