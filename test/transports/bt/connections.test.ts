import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Server from 'bittorrent-tracker/server';
import { clientOptions } from '../../../src/transports/bt/engine/client-options.ts';
import { mayName } from '../../../src/transports/bt/engine/pex.ts';
import { Speaker } from './hostile-peers.ts';
import { seeding, Swarm, until } from './swarm.ts';

const KIB = 1024;

describe('connections of the BitTorrent engine', () => {
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

  it('are as many as configured, incoming ones included', async () => {
    const torrent = await swarm.torrent({ a: 64 * KIB });
    const engine = await swarm.engine({ peers: 3 });
    await engine.add(seeding(torrent));
    const peers = await Promise.all([0, 1, 2, 3, 4, 5].map(n => Speaker.dial(engine.port, torrent.infoHash, n)));
    closers.push(() => peers.forEach(({ socket }) => socket.destroy()));
    let cutOff = 0;
    for (const peer of peers) void peer.greet().cutOff.then(() => cutOff++);
    await until(() => cutOff === 3);
    await until(() => engine.stats(torrent.infoHash)?.connected.leechers === 3);
    assert.equal(cutOff, 3);
  });

  it('live on when a peer names others more often than once a minute', async () => {
    const torrent = await swarm.torrent({ a: 64 * KIB });
    const engine = await swarm.seed(torrent);
    const peer = await Speaker.dial(engine.port, torrent.infoHash, 0);
    closers.push(() => peer.socket.destroy());
    let received = 0;
    peer.socket.on('data', bytes => (received += bytes.length));
    const [EXTENDED, INTERESTED, REQUEST] = [20, 2, 6];
    peer.greet().say(EXTENDED, Buffer.from([0]), 'd1:md6:ut_pexi1eee');
    peer.repeat(5, () => peer.say(EXTENDED, Buffer.from([2]), 'd5:added0:7:dropped0:e'));
    peer.say(INTERESTED);
    await until(() => received > 68);
    await until(() => {
      peer.say(REQUEST, 0, 0, 16 * KIB);
      assert(!peer.socket.destroyed);
      return received > 16 * KIB;
    });
  });

  it('find peers through a UDP tracker', async () => {
    const tracker = new Server({
      http: false,
      udp: true,
      ws: false,
      stats: false,
      trustProxy: false,
      interval: 60_000,
    });
    const listening = once(tracker, 'listening');
    tracker.listen(0, { udp: '127.0.0.1' });
    await listening;
    closers.push(() => new Promise<void>(resolve => tracker.close(resolve)));
    const { port } = tracker.udp.address();
    // Beside one that is dead, and an HTTP one that is.
    const announce = ['udp://127.0.0.1:1', `udp://127.0.0.1:${port}`, 'http://127.0.0.1:1/announce'];
    const torrent = await swarm.torrent({ a: 640 * KIB }, { announce });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    await download.assertRight();
    const { seeds = 0, leechers = 0 } = download.stats.known ?? {};
    assert.equal(seeds + leechers, 2);
  });

  it('are made over IPv6, to the tracker and to peers', async () => {
    const seed = await swarm.engine();
    const tracker = createServer((_, response) => {
      const peer = Buffer.alloc(18);
      peer[15] = 1;
      peer.writeUInt16BE(seed.port, 16);
      response.end(Buffer.concat([Buffer.from('d8:intervali60e6:peers618:'), peer, Buffer.from('e')]));
    }).listen(0, '::1');
    await once(tracker, 'listening');
    closers.push(() => {
      tracker.closeAllConnections();
      tracker.close();
    });
    const { port } = tracker.address() as AddressInfo;
    const torrent = await swarm.torrent({ a: 640 * KIB }, { announce: [`http://[::1]:${port}/announce`] });
    await seed.add(seeding(torrent));
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    await download.assertRight();
    const { receivedFrom } = await download.finalStats();
    assert.deepEqual(receivedFrom, { [`[::1]:${seed.port}`]: 640 * KIB });
  });

  it('are what the configuration says; DHT and local discovery are off unless it wants them', () => {
    const options = clientOptions({ port: 6881, peers: 7, pex: false, dht: true, lsd: true });
    assert.deepEqual(
      [options.torrentPort, options.dhtPort, options.maxConns, options.utPex, options.dht, options.lsd],
      [6881, 6881, 7, false, true, true],
    );
    const { dht, lsd, natUpnp, natPmp } = clientOptions({ port: 0, peers: 7, pex: true, dht: false, lsd: false });
    assert.deepEqual([dht, lsd, natUpnp, natPmp], [false, false, false, false]);
  });

  it('are not made to addresses that a stranger must not name', () => {
    const named = [
      '8.8.8.8',
      '10.0.0.1',
      '127.0.0.1',
      '224.0.0.1',
      '0.0.0.0',
      '255.255.255.255',
      '2001:db8::1',
      'fe80::1',
      'x',
    ];
    const by = (peer: string) => named.filter(host => mayName(peer, host));
    assert.deepEqual(by('1.2.3.4'), ['8.8.8.8', '2001:db8::1']);
    assert.deepEqual(by('192.168.1.1'), ['8.8.8.8', '10.0.0.1', '2001:db8::1', 'fe80::1']);
    assert.deepEqual(by('127.0.0.1'), ['8.8.8.8', '10.0.0.1', '127.0.0.1', '2001:db8::1', 'fe80::1']);
  });

  it('bring peers that a peer names', async () => {
    const torrent = await swarm.torrent({ a: 640 * KIB }, { announce: [] });
    const seed = await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    await download.start();
    const peer = await Speaker.dial(download.engine.port, torrent.infoHash, 1);
    closers.push(() => peer.socket.destroy());
    const address = Buffer.from([127, 0, 0, 1, seed.port >> 8, seed.port & 255]);
    peer.greet().socket.once('data', () => {
      peer.say(20, Buffer.from([0]), 'd1:md6:ut_pexi1eee');
      peer.say(20, Buffer.from([2]), Buffer.concat([Buffer.from('d5:added6:'), address, Buffer.from('e')]));
    });
    await download.durable();
    await download.assertRight();
  });

  it('are told to others: a newcomer learns of everybody from any of them', async () => {
    const torrent = await swarm.torrent({ a: 640 * KIB }, { announce: [] });
    const seed = await swarm.seed(torrent);
    const [one, two] = [await swarm.download(torrent), await swarm.download(torrent)];
    await Promise.all([one.start(), two.start()]);
    // Only the first is told of the other two; they have nobody else to hear it from.
    const guide = await Speaker.dial(one.engine.port, torrent.infoHash, 1);
    closers.push(() => guide.socket.destroy());
    const address = (port: number) => Buffer.from([127, 0, 0, 1, port >> 8, port & 255]);
    const added = Buffer.concat([address(seed.port), address(two.engine.port)]);
    guide.greet().socket.once('data', () => {
      guide.say(20, Buffer.from([0]), 'd1:md6:ut_pexi1eee');
      guide.say(20, Buffer.from([2]), Buffer.concat([Buffer.from('d5:added12:'), added, Buffer.from('e')]));
    });
    await Promise.all([one.durable(), two.durable()]);
    await until(() =>
      two.stats.peers.some(({ listenPort, address }) => listenPort === seed.port || address.endsWith(`:${seed.port}`)),
    );
  });
});
