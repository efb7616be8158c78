import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { HOSTILE_PEERS, Speaker } from './hostile-peers.ts';
import { RawPeer } from './raw-peer.ts';
import { Swarm, until } from './swarm.ts';

const MIB = 1024 * 1024;
const CUT_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd8:intervali1';

const zeros = ({ length }: { length: number }) => Buffer.alloc(length);

/** Resident memory of a process, bytes. */
async function memory(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

describe('BtEngine in bad company', () => {
  let swarm: Swarm;
  const closers: (() => void)[] = [];
  before(async () => {
    swarm = await Swarm.make();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) close();
    await swarm.clear();
  });
  after(() => swarm.dispose());

  /** A tracker that treats every connection as the test says. Resolves to its announce address. */
  async function tracker(treat: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', () => treat(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`;
  }

  it('bans a peer that sends wrong bytes and gets the right ones elsewhere', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 2 * MIB });
    const download = await swarm.download(torrent);
    await download.start();
    const warned = once(download.engine, 'warning');
    const evil = await RawPeer.dial(download.engine.port, torrent, zeros);
    await evil.cutOff;
    const [{ message }] = (await warned) as [{ message: string }];
    assert.match(message, /127\.0\.0\.1:\d+ sent wrong bytes for piece \d+: banned for a while/);
    const again = await RawPeer.dial(download.engine.port, torrent, zeros);
    await again.cutOff;
    assert.equal(again.requests, 0);

    await swarm.seed(torrent);
    await download.durable();
    await download.assertRight();
    const { wasted, blamed } = await download.finalStats();
    assert(wasted >= 64 * 1024, `${wasted} bytes wasted`);
    assert.deepEqual(blamed, { [evil.address]: wasted });
  });

  it('finds the one that sends wrong bytes among several that share pieces', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 8 * MIB }, { pieceLength: MIB });
    const seed = await swarm.seed(torrent);
    seed.setLimits(null, 2 * MIB);
    const download = await swarm.download(torrent);
    await download.start();
    const evil = await RawPeer.dial(download.engine.port, torrent, zeros);
    await evil.cutOff;
    seed.setLimits(null, null);
    await download.durable();
    await download.assertRight();
    const { wasted, blamed } = await download.finalStats();
    assert(wasted >= MIB, `${wasted} bytes wasted`);
    assert.deepEqual(blamed, { [evil.address]: wasted });
  });

  it('does not wait long for a peer that was fast, owes many blocks and is silent', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 8 * MIB });
    const download = await swarm.download(torrent);
    await download.start();
    let left = 200;
    const silent = await RawPeer.dial(download.engine.port, torrent, ({ piece, offset, length }) => {
      const start = piece * 64 * 1024 + offset;
      return left-- > 0 ? torrent.content.subarray(start, start + length) : undefined;
    });
    closers.push(() => silent.close());
    await until(() => left < 0);
    let isCut = false;
    void silent.cutOff.then(() => (isCut = true));
    await swarm.seed(torrent);
    await download.durable();
    // webtorrent alone asks nobody else before it cuts off the silent one.
    assert(!isCut);
  });

  it(`outlives ${HOSTILE_PEERS.length} kinds of hostile peers, cuts off the worst, and serves meanwhile`, async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB });
    const seed = await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start();
    const pids = [seed.pid, download.engine.pid];
    const peers: Promise<unknown>[] = [];
    for (const { port } of [seed, download.engine]) {
      for (const [number, { isCut, act }] of HOSTILE_PEERS.entries()) {
        const peer = await Speaker.dial(port, torrent.infoHash, number);
        closers.push(() => peer.socket.destroy());
        act(peer);
        if (isCut) peers.push(peer.cutOff);
      }
    }
    await Promise.all(peers);
    await download.durable();
    await download.assertRight();
    assert.deepEqual([seed.pid, download.engine.pid], pids, 'an engine was restarted');
    for (const pid of pids) assert((await memory(pid)) < 400 * MIB);
  });

  it('bans a peer that sends more unasked than asked', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 2 * MIB });
    const download = await swarm.download(torrent);
    await download.start();
    const warned = once(download.engine, 'warning');
    const peer = await Speaker.dial(download.engine.port, torrent.infoHash, 0);
    peer.greet().repeat(300, () => peer.say(7, 0, 0, Buffer.alloc(16 * 1024)));
    const [{ message }] = (await warned) as [{ message: string }];
    assert.match(message, /sends what nobody asked for: banned/);
    await peer.cutOff;
  });

  it('says what is wrong with the tracker, and asks it again soon when nobody is there', async () => {
    let asked = 0;
    const bad = await tracker(socket => {
      asked++;
      socket.end(CUT_ANSWER);
    });
    const torrent = await swarm.torrent({ 'a.mxf': MIB }, { announce: [bad] });
    const download = await swarm.download(torrent);
    const { pid } = download.engine;
    await download.start();
    await until(() => download.stats.trackerError !== '');
    assert.match(download.stats.trackerError, /Length mismatch/);
    await until(() => asked > 1);
    assert.equal(download.engine.pid, pid);
  });
});
