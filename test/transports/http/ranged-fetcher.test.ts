import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BftError } from '../../../src/core/errors.ts';
import { makeDirectory } from '../../../src/disk/durable.ts';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import { createHttpClient, fileUrl } from '../../../src/transports/http/client.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type Files, randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { type Behaviour, HostileServer, serve } from './hostile-server.ts';

const PIECE = 16_384;

describe('transports/http: RangedFetcher', () => {
  const http = createHttpClient();
  const server = new HostileServer();
  const never = new AbortController().signal;
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
  const honest: Behaviour = (res, asked) => serve(res, sample.files[asked.path.slice(1)] ?? Buffer.alloc(0), asked);
  const fetchFiles = (signal = never, connections = 4, names = Object.keys(sample.files)) =>
    new RangedFetcher(http, () => ({ task: connections, file: connections, host: connections })).fetch(
      {
        item,
        method: 'cdn',
        extents: names.map(file => item.manifest.extent(file)),
        ledger,
        urlOf: file => fileUrl(server.url, file),
      },
      signal,
    );
  const assertWhole = async () => {
    const wanted = Object.entries(sample.files).map(([file, bytes]) => [`cdn/cfec-001/film/${file}`, bytes] as const);
    assert.deepEqual(await sample.staged(), Object.fromEntries(wanted.toSorted(([a], [b]) => (a < b ? -1 : 1))));
    assert.equal(ledger.bytes('cdn'), sample.task.size);
  };

  it('fetches files of all kinds of sizes', async () => {
    await prepare(
      randomFiles({
        'a.xml': 1,
        'b.xml': PIECE,
        'c.xml': 2 * PIECE,
        'd.mxf': 2 * PIECE + 1,
        'e.mxf': 500_000,
        'f.txt': 0,
      }),
    );
    await fetchFiles();
    await assertWhole();
    assert.equal(server.takeAsked(), sample.task.size);
  });

  it('asks for a large file in several ranges, each byte once', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * 1024 * 1024 }));
    await fetchFiles();
    await assertWhole();
    assert.ok(server.asked.length >= 4, String(server.asked.length));
    assert.equal(server.takeAsked(), sample.task.size);
  });

  for (const connections of [1, 3]) {
    it(`holds no more than ${connections} connections`, async () => {
      await prepare(randomFiles(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.xml`, 5000]))));
      // Every answer waits for the others that are allowed beside it.
      server.behave = async (res, asked, req) => {
        await until('the others', () => server.mostOpen >= connections);
        await honest(res, asked, req);
      };
      await fetchFiles(never, connections);
      assert.equal(server.mostOpen, connections);
      await assertWhole();
    });
  }

  const flipAt = (bytes: Buffer, at: number): Buffer => {
    const wrong = Buffer.from(bytes);
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    return wrong;
  };

  it('fault 20: one flipped bit costs its unit, and nothing before it', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    const bytes = sample.files['reel.mxf'] ?? Buffer.alloc(0);
    server.behave = (res, asked) => serve(res, flipAt(bytes, 30 * PIECE + 5), asked);
    await assert.rejects(fetchFiles(), (error: BftError) => {
      assert.deepEqual([error.code, error.permanent], ['WRONG_BYTES', false]);
      assert.match(error.message, new RegExp(`reel\\.mxf bytes ${30 * PIECE}-${31 * PIECE - 1}`));
      return true;
    });
    assert.equal(ledger.isFinished('reel.mxf'), false);
    assert.equal(ledger.meters.cdn.wasted, PIECE);
    assert.ok(ledger.bytes('cdn') >= 30 * PIECE, String(ledger.bytes('cdn')));
    assert.equal(ledger.isVerified({ file: 'reel.mxf', offset: 30 * PIECE, length: PIECE }), false);
    server.takeAsked();
    const had = ledger.bytes('cdn');
    server.behave = honest;
    await fetchFiles();
    await assertWhole();
    assert.equal(server.takeAsked(), sample.task.size - had);
  });

  it('fault 20: a flipped bit in a small file never reaches the disk', async () => {
    await prepare(randomFiles({ 'ASSETMAP.xml': 2000, 'PKL.xml': 3000 }));
    server.behave = (res, asked) => {
      const bytes = sample.files[asked.path.slice(1)] ?? Buffer.alloc(0);
      serve(res, asked.path === '/PKL.xml' ? flipAt(bytes, 2999) : bytes, asked);
    };
    await assert.rejects(fetchFiles(never, 1), { code: 'WRONG_BYTES' });
    assert.deepEqual(Object.keys(await sample.staged()), ['cdn/cfec-001/film/ASSETMAP.xml']);
    assert.equal(ledger.isFinished('PKL.xml'), false);
  });

  it('fault 24: 200 for a part is refused, and nothing is mixed', async () => {
    await prepare(randomFiles({ 'reel.mxf': 20 * PIECE }));
    server.behave = (res, asked) => serve(res, flipAt(sample.files['reel.mxf'] ?? Buffer.alloc(0), 10 * PIECE), asked);
    await assert.rejects(fetchFiles(), { code: 'WRONG_BYTES' });
    const before = await sample.staged();
    server.behave = res => void res.writeHead(200).end(sample.files['reel.mxf']);
    await assert.rejects(fetchFiles(), { code: 'SOURCE_REFUSES', permanent: true });
    assert.deepEqual(await sample.staged(), before);
  });

  it('keeps the units that came before a cut, and asks only for the rest', async () => {
    await prepare(randomFiles({ 'reel.mxf': 40 * PIECE }));
    server.behave = (res, { first, last }) => {
      const bytes = sample.files['reel.mxf'] ?? Buffer.alloc(0);
      res.writeHead(206, {
        'content-range': `bytes ${first}-${last}/${bytes.length}`,
        'content-length': last - first + 1,
      });
      res.write(bytes.subarray(first, first + 10 * PIECE + 77), () => res.destroy());
    };
    await assert.rejects(fetchFiles(), { code: 'SOURCE_UNREACHABLE', permanent: false });
    const had = ledger.bytes('cdn');
    assert.ok(had > 0 && had <= 10 * PIECE && had % PIECE === 0, String(had));
    server.takeAsked();
    server.behave = honest;
    await fetchFiles();
    await assertWhole();
    assert.equal(server.takeAsked(), sample.task.size - had);
  });

  it('a file that is not there does not keep the others from being fetched, and is the error at the end', async () => {
    await prepare(randomFiles({ 'a.xml': 3000, 'b.xml': 3000, 'c.xml': 3000 }));
    server.behave = (res, asked, req) =>
      asked.path === '/b.xml' ? void res.writeHead(404).end() : honest(res, asked, req);
    await assert.rejects(fetchFiles(never, 1), {
      code: 'SOURCE_REFUSES',
      permanent: true,
      message: /b\.xml answered 404$/,
    });
    assert.deepEqual(
      ['a.xml', 'b.xml', 'c.xml'].map(file => ledger.isFinished(file)),
      [true, false, true],
    );
  });

  it('a source that has nothing is not asked for everything', async () => {
    await prepare(randomFiles(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}.xml`, 100]))));
    server.behave = res => void res.writeHead(404).end();
    await assert.rejects(fetchFiles(never, 2), { code: 'SOURCE_REFUSES', permanent: true });
    assert.ok(server.asked.length < 12, String(server.asked.length));
  });

  it('what time may heal is the error before a refusal for good: the next try brings the rest', async () => {
    await prepare(randomFiles({ 'a.xml': 3000, 'b.xml': 3000 }));
    server.behave = (res, asked) =>
      asked.path === '/a.xml' ? void res.writeHead(404).end() : serve(res, Buffer.alloc(3000, 1), asked);
    await assert.rejects(fetchFiles(never, 1), { code: 'WRONG_BYTES', permanent: false });
  });

  it('an address that is none is a refusal for good, not a defect', async () => {
    await prepare(randomFiles({ 'a.xml': 10 }));
    for (const base of ['no address', '', 'file:///etc']) {
      const urlOf = (file: string) => fileUrl(base, file);
      const extents = [item.manifest.extent('a.xml')];
      const fetching = new RangedFetcher(http, () => ({ task: 2, file: 2, host: 2 })).fetch(
        { item, method: 'cdn', extents, ledger, urlOf },
        never,
      );
      await assert.rejects(fetching, { code: 'SOURCE_REFUSES', permanent: true });
    }
  });

  it('never writes through a link that lies in the staging tree', async () => {
    await prepare(randomFiles({ 'a.xml': 1000 }));
    const outside = join(sample.directory, 'outside');
    await writeFile(outside, 'untouched');
    await makeDirectory(item.stagingRoot('cdn'));
    await symlink(outside, item.stagingPath('cdn', 'a.xml'));
    await assert.rejects(fetchFiles(), { code: 'DISK_WRITE' });
    assert.equal((await sample.staged())['cdn/cfec-001/film/a.xml']?.toString(), 'untouched');
  });

  it('an older and longer file of the same name leaves nothing behind', async () => {
    await prepare(randomFiles({ 'a.xml': 1000, 'empty.txt': 0 }));
    await makeDirectory(item.stagingRoot('cdn'));
    for (const file of ['a.xml', 'empty.txt']) await writeFile(item.stagingPath('cdn', file), Buffer.alloc(5000, 7));
    await fetchFiles();
    await assertWhole();
  });

  it('decision 20: without a torrent it fetches by size, and hashes small files whole', async () => {
    await prepare(randomFiles({ 'small.xml': 1000, 'reel.mxf': 9 * 1024 * 1024 }), false);
    await fetchFiles();
    await assertWhole();
    await sample.remove();
    await prepare(randomFiles({ 'small.xml': 1000 }), false);
    server.behave = (res, asked) => serve(res, flipAt(sample.files['small.xml'] ?? Buffer.alloc(0), 5), asked);
    await assert.rejects(fetchFiles(), { code: 'WRONG_BYTES' });
  });

  it('an abort lets go of every connection within a second, with the reason of the signal', async () => {
    await prepare(randomFiles({ 'a.mxf': 100_000, 'b.mxf': 100_000, 'c.mxf': 100_000 }));
    server.behave = (res, { first, last }) =>
      res.writeHead(206, { 'content-range': `bytes ${first}-${last}/100000` }).flushHeaders();
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const fetching = fetchFiles(controller.signal, 2);
    fetching.catch(() => undefined);
    await until('two requests', () => server.open === 2);
    const begin = performance.now();
    controller.abort(reason);
    await assert.rejects(fetching, reason);
    assert.ok(performance.now() - begin < 1000);
    await until('no connection', () => server.open === 0, 1000);
    assert.equal(server.asked.length, 2);
  });
});
