import assert from 'node:assert/strict';
import type { BftError } from '../../../src/core/errors.ts';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import type { Limiter } from '../../../src/transfer/rate-limits.ts';
import type { Throttle } from '../../../src/transfer/token-bucket.ts';
import { createHttpClient, fileUrl } from '../../../src/transports/http/client.ts';
import type { FetchJob } from '../../../src/transports/http/fetch-job.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type Files, randomFiles, SamplePackage } from '../sample-package.ts';
import { SourceProxy } from '../source-proxy.ts';
import { type Asked, type Behaviour, HostileServer, serve } from './hostile-server.ts';

const PIECE = 16_384;
const never = new AbortController().signal;

describe('transports/http: sources that do not give what they should', () => {
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

  describe('fault 24: a file that changes at its source', () => {
    const changing: Behaviour = (res, asked) => {
      const bytes = bytesOf(asked).subarray(asked.first, asked.last + 1);
      const etag = asked.first === 0 ? '"old"' : '"new"';
      const body = etag === '"old"' ? Buffer.alloc(bytes.length, 'old') : bytes;
      res.writeHead(206, head(asked, { etag })).end(body);
    };
    const asks = () => server.asked.splice(0).map(({ first }) => first);

    it('units without a hash are not mixed: those of the other content are fetched again', async () => {
      await prepare(randomFiles({ 'reel.mxf': 13 * 1024 * 1024 }), false);
      server.behave = changing;
      await assert.rejects(fetcherWith(1).fetch(jobOf(), never), { code: 'SOURCE_CHANGED', permanent: false });
      assert.equal(asks()[0], 0);
      assert.equal(ledger.bytes('cdn'), 0);
      server.behave = (res, asked) =>
        void res
          .writeHead(206, head(asked, { etag: '"new"' }))
          .end(bytesOf(asked).subarray(asked.first, asked.last + 1));
      await fetcherWith(1).fetch(jobOf(), never);
      assert.equal(asks()[0], 0);
      await assertWhole();
    });

    it('it is seen from one try to the next, too, and by Last-Modified', async () => {
      await prepare(randomFiles({ 'reel.mxf': 13 * 1024 * 1024 }), false);
      const fetcher = fetcherWith(1);
      server.behave = (res, asked) => {
        if (asked.first > 0) return void res.destroy();
        const bytes = bytesOf(asked).subarray(0, asked.last + 1);
        res.writeHead(206, head(asked, { etag: 'W/"x"', 'last-modified': 'Sat, 01 Jan 2022 00:00:00 GMT' })).end(bytes);
      };
      await assert.rejects(fetcher.fetch(jobOf(), never), { code: 'SOURCE_UNREACHABLE' });
      assert.ok(ledger.bytes('cdn') > 0);
      server.behave = (res, asked) => {
        const bytes = bytesOf(asked).subarray(asked.first, asked.last + 1);
        res.writeHead(206, head(asked, { etag: 'W/"x"', 'last-modified': 'Sun, 02 Jan 2022 00:00:00 GMT' })).end(bytes);
      };
      await assert.rejects(fetcher.fetch(jobOf(), never), { code: 'SOURCE_CHANGED' });
      assert.equal(ledger.bytes('cdn'), 0);
      await fetcher.fetch(jobOf(), never);
      await assertWhole();
    });

    it('units with a hash are checked by that: servers of a CDN may have an ETag each', async () => {
      await prepare(randomFiles({ 'reel.mxf': 13 * 1024 * 1024 }));
      let answers = 0;
      server.behave = (res, asked) =>
        void res
          .writeHead(206, head(asked, { etag: `"${answers++}"` }))
          .end(bytesOf(asked).subarray(asked.first, asked.last + 1));
      await fetcherWith(1).fetch(jobOf(), never);
      assert.ok(answers > 1);
      await assertWhole();
    });
  });

  it('fault 20: a proxy that flips bytes: each wrong unit is counted, and blamed on its host', async () => {
    await prepare(randomFiles({ 'reel.mxf': 64 * PIECE }));
    const proxy = new SourceProxy();
    await proxy.start();
    try {
      proxy.upstream = Number(new URL(server.url).port);
      const job = jobOf({ urlOf: file => fileUrl(proxy.url, file) });
      const { host } = new URL(proxy.url);
      proxy.lie(true);
      await assert.rejects(fetcherWith(1).fetch(job, never), { code: 'WRONG_BYTES', permanent: false });
      const { wasted, sources } = ledger.meters.cdn.counted;
      assert.ok(wasted >= 8 * PIECE && wasted % PIECE === 0, String(wasted));
      assert.equal(sources[host]?.wasted, wasted);
      assert.equal(ledger.bytes('cdn'), 0);
      proxy.lie(false);
      await fetcherWith(1).fetch(job, never);
      assert.equal(ledger.meters.cdn.wasted, wasted);
      await assertWhole();
    } finally {
      await proxy.stop();
    }
  });

  it('a wrong unit costs itself alone: those behind it in the range come in at once', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    server.behave = (res, asked) => {
      const bytes = Buffer.from(bytesOf(asked));
      for (const unit of [3, 4, 20]) bytes[unit * PIECE + 9] = (bytes[unit * PIECE + 9] ?? 0) ^ 1;
      serve(res, bytes, asked);
    };
    await assert.rejects(fetcherWith(1).fetch(jobOf(), never), (error: BftError) => error.code === 'WRONG_BYTES');
    assert.equal(ledger.bytes('cdn'), 37 * PIECE);
    server.takeAsked();
    server.behave = honest;
    await fetcherWith(1).fetch(jobOf(), never);
    assert.equal(server.takeAsked(), 3 * PIECE);
    await assertWhole();
  });
});
