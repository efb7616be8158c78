import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { BtTransport } from '../../../src/transports/bt/transport.ts';
import { Bitfield } from '../../../src/transports/bt/bitfield.ts';
import type { BtEngine } from '../../../src/transports/bt/engine.ts';
import type { EngineTorrent } from '../../../src/transports/bt/protocol.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { RawPeer } from './raw-peer.ts';
import { Swarm, until } from './swarm.ts';

const KIB = 1024;
const PIECES = 16;

function bitfield(pieces: readonly number[]): string {
  const bits = new Bitfield(PIECES);
  for (const piece of pieces) bits.set(piece);
  return bits.toBase64();
}

const silence = () => undefined;

describe('what is known of a swarm', () => {
  let swarm: Swarm;
  const peers: RawPeer[] = [];
  const closers: (() => Promise<unknown> | void)[] = [];
  before(async () => {
    swarm = await Swarm.make();
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close();
    for (const close of closers.splice(0)) await close();
    await swarm.clear();
  });
  after(() => swarm.dispose());

  it('counts the pieces that are here or at a peer, and the peers (T-004, BE-24)', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': PIECES * 64 * KIB });
    const download = await swarm.download(torrent);
    await download.start([0, 1, 2]);
    await until(() => download.stats.available === 3);
    assert.deepEqual(download.stats.connected, { seeds: 0, leechers: 0 });
    assert.deepEqual([download.stats.pieces, download.stats.length], [PIECES, PIECES * 64 * KIB]);

    const dial = async (has: 'all' | readonly number[], letter: string) =>
      peers.push(
        await RawPeer.dial(download.engine.port, torrent, silence, { has, peerId: `-RW0001-${letter.repeat(12)}` }),
      );
    await dial([2, 3, 14], 'a');
    await dial([], 'b');
    await until(() => download.stats.available === 5);
    assert.deepEqual(download.stats.connected, { seeds: 0, leechers: 2 });
    assert.deepEqual(
      download.stats.peers.map(({ pieces }) => pieces).sort((a, b) => a - b),
      [0, 3],
    );
    await dial('all', 'c');
    await until(() => download.stats.available === PIECES);
    assert.deepEqual(download.stats.connected, { seeds: 1, leechers: 2 });
  });

  it('says what the tracker counts, ourselves included (T-004)', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 64 * KIB });
    const seed = await swarm.seed(torrent);
    await until(() => seed.stats(torrent.infoHash)?.known?.seeds === 1);
    const [row] = seed.list();
    assert.equal(row?.stats.name, torrent.metainfo.name);
    assert.equal(row.task, '');
    assert(Math.abs(row.startedAt - Date.now()) < 60_000);
  });

  it('keeps what it knows of a torrent when its engine is replaced, but no peers', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': PIECES * 64 * KIB });
    const download = await swarm.download(torrent);
    await download.start([0, 1]);
    peers.push(await RawPeer.dial(download.engine.port, torrent, silence));
    await until(() => download.stats.connected.seeds === 1);
    const restarted = once(download.engine, 'restarted');
    process.kill(download.engine.pid!, 'SIGKILL');
    await restarted;
    const { name, pieces, available, connected } = download.stats;
    assert.deepEqual(
      { name, pieces, available, connected },
      { name: torrent.metainfo.name, pieces: PIECES, available: 2, connected: { seeds: 0, leechers: 0 } },
    );
  });

  it('is asked of the tracker again soon when nothing comes, also while peers are connected (BE-24)', async () => {
    let asked = 0;
    const tracker = createServer((_, response) => {
      asked++;
      response.end('d8:intervali1800e5:peers0:e');
    }).listen(0, '127.0.0.1');
    await once(tracker, 'listening');
    closers.push(() => {
      tracker.closeAllConnections();
      tracker.close();
    });
    const announce = [`http://127.0.0.1:${(tracker.address() as AddressInfo).port}/announce`];
    const torrent = await swarm.torrent({ 'a.mxf': PIECES * 64 * KIB }, { announce });
    const download = await swarm.download(torrent);
    await download.start();
    peers.push(await RawPeer.dial(download.engine.port, torrent, silence, { has: [] }));
    await until(() => download.stats.connected.leechers === 1 && asked > 0);
    const before = asked;
    await until(() => asked > before);
    assert.deepEqual(download.stats.connected, { seeds: 0, leechers: 1 });
  });

  it('tells a fetch that no peer has some pieces, until one has them (BE-24)', async () => {
    const shares = { bt: randomFiles({ 'a.mxf': PIECES * 16 * KIB }) };
    const sample = await SamplePackage.make({ shares, tracker: swarm.announce });
    const item = sample.received();
    const { path: torrentPath, metainfo } = item.shared!;
    const { infoHash } = metainfo;
    const engines: BtEngine[] = [];
    const ending = new AbortController();
    const files = metainfo.files.map(({ path }) => join(sample.layout.packagePath, path));
    closers.push(async () => {
      ending.abort();
      for (const engine of engines) await engine.remove(infoHash);
      await sample.remove();
    });
    const add = async (have: string) => {
      const engine = await swarm.engine();
      const torrent: EngineTorrent = { infoHash, torrentPath, files, have };
      engines.push(engine);
      await engine.add(torrent);
    };
    await add(bitfield([...Array(14).keys()]));
    const receiving = await swarm.engine();
    engines.push(receiving);
    const ledger = await sample.ledger(item);
    const extents = item.files('bt').map(file => item.manifest.extent(file));
    const transport = new BtTransport(receiving);
    const fetched = transport.fetch(item, extents, ledger, ending.signal);
    fetched.catch(() => {});
    await until(() => ledger.noticeOf('bt') !== undefined);
    const notice = ledger.noticeOf('bt');
    assert.equal(notice?.code, 'BT_NO_SOURCE');
    assert.equal(
      notice?.message,
      'bt download error: only 87% of film is available from its 1 peers; the tracker names no one else',
    );
    assert.equal(receiving.list()[0]?.task, item.name);

    await add('all');
    await fetched;
    assert.equal(ledger.noticeOf('bt'), undefined);
  });
});
