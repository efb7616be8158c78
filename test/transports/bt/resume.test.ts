import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildTorrent } from '../../../src/torrent/build.ts';
import { parseTorrent } from '../../../src/torrent/parse.ts';
import { BtTransport } from '../../../src/transports/bt/transport.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { seeding, Swarm, until } from './swarm.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Bytes that a process has read so far, from the page cache or a disk. */
async function bytesRead(pid: number | undefined): Promise<number> {
  return Number(/rchar: (\d+)/.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

describe('BtEngine that goes on', () => {
  let swarm: Swarm;
  const closers: (() => unknown)[] = [];
  before(async () => {
    swarm = await Swarm.make();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await swarm.clear();
  });
  after(() => swarm.dispose());

  it('hashes what was written before a crash and fetches only what is wrong of it', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB, 'b.mxf': MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const [a = '', b = ''] = download.files;
    await mkdir(dirname(a), { recursive: true });
    await writeFile(a, torrent.content.subarray(0, MIB));
    await writeFile(b, Buffer.alloc(MIB, 7));
    const durable: number[] = [];
    download.engine.on('durable', ({ pieces }) => durable.push(...pieces));
    const unconfirmed = download.bits([3, 4, 15, 16, 17]);
    await download.engine.add({ ...download.request([0, 1, 2]), unconfirmed });
    await download.durable();
    await download.assertRight();
    assert.equal((await download.finalStats()).received, (32 - 6) * 64 * KIB);
    // Also what was confirmed is said to be durable now.
    assert.deepEqual(
      durable.sort((x, y) => x - y),
      [...Array(32).keys()].slice(3),
    );
  });

  it('fetches nothing that is not wanted, until it is', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB, 'b.mxf': MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const durable: number[] = [];
    download.engine.on('durable', ({ pieces }) => durable.push(...pieces));
    await download.engine.add({ ...download.request([]), unwanted: download.bits([...Array(16).keys()]) });
    await until(() => durable.length === 16);
    assert.equal(Math.min(...durable), 16);
    await download.engine.add(download.request(durable));
    await download.durable();
    await download.assertRight();
    assert.equal((await download.finalStats()).received, MIB);
  });

  it('says of pieces that they are written before it says that they are durable', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 2 * MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const written = new Set<number>();
    let isInOrder = true;
    download.engine.on('written', ({ pieces }) => pieces.forEach(piece => written.add(piece)));
    download.engine.on('durable', ({ pieces }) => {
      isInOrder &&= pieces.every(piece => written.has(piece));
    });
    await download.start();
    await download.durable();
    assert.equal(written.size, 32);
    assert(isInOrder);
  });

  it('notes in the ledger what is written, and confirms it after a crash of the daemon', async () => {
    const shares = { bt: randomFiles({ 'a.mxf': MIB }) };
    const sample = await SamplePackage.make({ shares, tracker: swarm.announce });
    closers.push(() => sample.remove());
    const seed = await swarm.engine();
    await new BtTransport(seed).publish(sample.sent(), new AbortController().signal);
    const { infoHash } = sample.sent().shared!.metainfo;
    closers.push(() => seed.remove(infoHash));
    const item = sample.received();
    const extents = item.files('bt').map(file => item.manifest.extent(file));
    const receiver = await swarm.engine();
    closers.push(() => receiver.remove(infoHash));
    // As a crashed daemon leaves it: bytes on disk, and a note of them.
    const staged = item.stagedPath('a.mxf');
    await mkdir(dirname(staged), { recursive: true });
    await writeFile(staged, shares.bt['a.mxf']!);
    const before = await sample.ledger(item);
    before.written({ file: 'a.mxf', offset: 0, length: MIB / 2 });
    await before.flush();
    const ledger = await sample.ledger(item);
    await new BtTransport(receiver).fetch(item, extents, ledger, new AbortController().signal);
    assert.equal(ledger.bytes('bt'), MIB);
    assert.equal(ledger.meters.bt.received, MIB / 2);
  });

  it('ends whenever it is aborted, also while it makes its empty files', async () => {
    const receiver = await swarm.engine();
    const shares = { bt: { ...randomFiles({ 'a.mxf': MIB }), 'b.xml': Buffer.of(), 'sub/c.xml': Buffer.of() } };
    for (let turns = 0; turns < 12; turns++) {
      const sample = await SamplePackage.make({ shares });
      closers.push(() => sample.remove());
      const item = sample.received();
      const extents = item.files('bt').map(file => item.manifest.extent(file));
      const stop = new AbortController();
      const fetching = new BtTransport(receiver).fetch(item, extents, await sample.ledger(item), stop.signal);
      const ended = assert.rejects(fetching, /enough/);
      for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
      stop.abort(new Error('enough'));
      await ended;
    }
  });

  it('stops moving bytes when it is aborted, and goes on from there without reading anything again', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 8 * MIB });
    const seed = await swarm.seed(torrent);
    seed.setTorrentLimits(torrent.infoHash, { download: null, upload: 2 * MIB });
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable(10);
    await download.engine.remove(torrent.infoHash);
    const news = async () => {
      const last = seed.stats(torrent.infoHash)?.peers;
      await until(() => seed.stats(torrent.infoHash)?.peers !== last);
      return seed.stats(torrent.infoHash)?.sent;
    };
    await news();
    const sent = await news();
    assert.equal(await news(), sent, 'bytes still flow');

    const kept = download.durableCount;
    assert.equal(kept, 0, 'the engine keeps nothing of it');
    seed.setTorrentLimits(torrent.infoHash, { download: null, upload: null });
    const read = await bytesRead(download.engine.pid);
    await download.start([...Array(64).keys()]);
    await until(() => download.stats.verified === 4 * MIB);
    assert((await bytesRead(download.engine.pid)) - read < 64 * KIB, 'it was read again');
  });

  it('serves 200 GB at once without reading them', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bft2-big-'));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    const size = 200 * GIB;
    const path = join(directory, 'a.mxf');
    await writeFile(path, '');
    await truncate(path, size);
    const pieceLength = 4 * MIB;
    const pieces = Buffer.alloc((size / pieceLength) * 20);
    const bytes = buildTorrent({ name: 'big', pieceLength, pieces, files: [{ path: 'a.mxf', size }], tracker: '' });
    const torrentPath = join(directory, 'big.torrent');
    await writeFile(torrentPath, bytes);
    const { infoHash } = parseTorrent(bytes, torrentPath);
    const engine = await swarm.engine();
    const read = await bytesRead(engine.pid);
    await engine.add({ infoHash, torrentPath, files: [path], have: 'all' });
    assert.equal(engine.stats(infoHash)?.verified, size);
    assert((await bytesRead(engine.pid)) - read < 2 * bytes.length);
    await engine.remove(infoHash);
  });

  it('keeps holes: a piece of zeros takes no room', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 4 * MIB }, { zeros: [MIB, 4 * MIB] });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    await download.assertRight();
    const { size, blocks } = await stat(download.files[0]!);
    assert.equal(size, 4 * MIB);
    assert(blocks * 512 < 2 * MIB, `${blocks * 512} bytes on disk`);
  });

  it('tells the tracker once that a download is complete, and never that a seed is', async () => {
    const events: string[] = [];
    const tracker = createServer((request, response) => {
      events.push(new URL(request.url ?? '', 'http://x').searchParams.get('event') ?? '');
      response.end('d8:intervali60e5:peers0:e');
    }).listen(0, '127.0.0.1');
    await once(tracker, 'listening');
    closers.push(() => {
      tracker.closeAllConnections();
      tracker.close();
    });
    const announce = [`http://127.0.0.1:${(tracker.address() as AddressInfo).port}/announce`];
    const torrent = await swarm.torrent({ 'a.mxf': 64 * KIB }, { announce });
    const engine = await swarm.engine();
    for (let start = 0; start < 2; start++) {
      await engine.add(seeding(torrent));
      await engine.remove(torrent.infoHash);
    }
    await until(() => events.filter(event => event === 'stopped').length === 2);
    assert.deepEqual(
      events.filter(event => event !== 'stopped'),
      ['started', 'started'],
    );
  });
});
