import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client as TrackerClient } from 'bittorrent-tracker';
import WebTorrent, { type Torrent, type Wire } from 'webtorrent';
import { Draft } from '../../../src/transports/bt/engine/draft.ts';
import { PeerGate } from '../../../src/transports/bt/engine/peer-gate.ts';
import { endHashing, hash } from '../../../src/transports/bt/engine/piece-hash.ts';
import { PieceBuffers } from '../../../src/transports/bt/engine/piece-buffers.ts';
import { piecesOf } from '../../../src/transports/bt/engine/pieces-of.ts';
import { guardWires } from '../../../src/transports/bt/engine/wire-guards.ts';
import { makeTorrent, sha1, type TestTorrent } from './make-torrent.ts';
import { RawPeer } from './raw-peer.ts';
import { until } from './swarm.ts';

/** A torrent as the engine adds it, whose store must not be touched. */
function add(client: WebTorrent, torrent: TestTorrent, bytes: Uint8Array): Torrent {
  const refuse = () => assert.fail('the store was used');
  const store = { chunkLength: torrent.metainfo.pieceLength, put: refuse, get: refuse };
  const close = (callback: (error: null) => void) => callback(null);
  const added = client.add(bytes, {
    bitfield: Uint8Array.of(0x80),
    deselect: true,
    storeCacheSlots: 0,
    preloadedStore: { ...store, close, destroy: close },
  });
  assert.equal(typeof added._verifyPieces, 'function');
  added._verifyPieces = callback => queueMicrotask(() => callback(null));
  return added;
}

/** All that the engine puts around a torrent's connections. */
function guard(torrent: Torrent, client: WebTorrent, most = 50): PeerGate {
  const gate = new PeerGate({ torrent, client }, most);
  guardWires(torrent, client);
  return gate;
}

function makeClient(): WebTorrent {
  const off = { utp: false, dht: false, lsd: false, natUpnp: false, natPmp: false, webSeeds: false } as const;
  return new WebTorrent({ ...off, torrentPort: 0, tracker: { wrtc: false }, secure: 1 });
}

describe('What we use of webtorrent beyond its public API', () => {
  let directory: string;
  let torrent: TestTorrent;
  let bytes: Uint8Array;
  const clients: WebTorrent[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bft2-private-'));
    torrent = await makeTorrent({ directory, name: 'x', pieceLength: 16384, announce: [], sizes: { a: 50_000 } });
    bytes = await readFile(torrent.torrentPath);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await new Promise<void>(resolve => client.destroy(resolve));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** Two clients, the first of which dialled the second. */
  async function connected({
    areGuarded = [true, true],
  } = {}): Promise<{ torrent: Torrent; wire: Wire; client: WebTorrent }[]> {
    const pair = [makeClient(), makeClient()];
    clients.push(...pair);
    const added = pair.map(client => add(client, torrent, bytes));
    for (const [index, each] of added.entries()) if (areGuarded[index]) guard(each, pair[index]!);
    await Promise.all(added.map(each => once(each, 'ready')));
    const wires = added.map(each => once(each, 'wire') as Promise<[Wire]>);
    added[0]?._addPeer(`127.0.0.1:${pair[1]?.torrentPort}`, 'tcp', 'manual');
    const ends = await Promise.all(wires);
    return ends.map(([wire], index) => ({ wire, torrent: added[index]!, client: pair[index]! }));
  }

  it('is there: methods, pieces and the bitfield that is believed', async () => {
    const client = makeClient();
    clients.push(client);
    const added = add(client, torrent, bytes);
    await once(added, 'ready');
    assert.equal(client.secure, 1);
    assert.deepEqual(
      [0, 1, 2, 3].map(index => added.bitfield.get(index)),
      [true, false, false, false],
    );
    assert.equal(added.pieces[0], null);
    assert.equal(added.pieces[1]?.get(0), undefined);
    assert.deepEqual(added.pieces[1]?._cancellations, []);
    assert.deepEqual(added._reservations, [null, [], [], []]);
    for (const name of ['_addPeer', '_request', '_updateSelections', '_update', '_updateWire', '_hotswap'] as const) {
      assert.equal(typeof added[name], 'function', name);
    }
    assert.equal(typeof added.discovery?.tracker?.update, 'function');
  });

  it('leads from a wire to its socket, whose writes of one turn go out together', async () => {
    for (const { torrent, wire } of await connected()) {
      const conn = [...torrent._peers.values()].find(peer => peer.wire === wire)?.conn;
      assert(conn instanceof Socket);
      assert(Object.hasOwn(conn, 'write'));
      conn.write(Buffer.alloc(4));
      assert.equal(conn.writableCorked, 1);
      await new Promise(setImmediate);
      assert.equal(conn.writableCorked, 0);
    }
  });

  it('announces our port and how many requests we take', async () => {
    const [dialler, dialled] = await connected();
    while (Object.keys(dialled?.wire.peerExtendedHandshake ?? {}).length === 0) await new Promise(setImmediate);
    assert.equal(dialled?.wire.peerExtendedHandshake['p'], dialler?.client.torrentPort);
    assert.equal(dialled?.wire.peerExtendedHandshake['reqq'], 2000);
  });

  it('refuses a connection to ourselves', async () => {
    const client = makeClient();
    clients.push(client);
    const added = add(client, torrent, bytes);
    guard(added, client);
    await once(added, 'ready');
    added._addPeer(`localhost:${client.torrentPort}`, 'tcp', 'manual');
    const [wire] = (await once(added, 'wire')) as [Wire];
    assert.equal(wire.peerId, client.peerId);
    if (!wire.destroyed) await once(wire, 'close');
  });

  it('keeps one of two connections between nodes that dial each other, and dials no third one', async () => {
    const pair = [makeClient(), makeClient()];
    clients.push(...pair);
    const added = pair.map(client => add(client, torrent, bytes));
    for (const [index, each] of added.entries()) guard(each, pair[index]!);
    await Promise.all(added.map(each => once(each, 'ready')));
    const addresses = pair.map(({ torrentPort }) => `127.0.0.1:${torrentPort}`);
    const met = added.map(each => once(each, 'wire'));
    added[0]?._addPeer(addresses[1]!, 'tcp', 'manual');
    added[1]?._addPeer(addresses[0]!, 'tcp', 'manual');
    await Promise.all(met);
    // The one that the smaller id has dialled, on both sides.
    const [first] = pair.map(({ peerId }) => peerId).sort();
    const typeAt = ({ peerId }: WebTorrent) => (peerId === first ? 'tcpOutgoing' : 'tcpIncoming');
    const isLeft = ({ wires, _peers }: Torrent, client: WebTorrent) =>
      wires.length === 1 && _peers.size === 1 && wires[0]?.type === typeAt(client);
    await until(() => added.every((each, index) => isLeft(each, pair[index]!)));
    await until(() => added.every(({ wires }) => wires[0]?.peerExtendedHandshake['p'] !== undefined));
    for (const [index, each] of added.entries()) assert.equal(each._addPeer(addresses[1 - index]!, 'tcp', 'x'), null);
  });

  it('dials in plain text', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = makeClient();
    clients.push(client);
    const added = add(client, torrent, bytes);
    guard(added, client);
    await once(added, 'ready');
    added._addPeer(`127.0.0.1:${(server.address() as AddressInfo).port}`, 'tcp', 'manual');
    const [socket] = (await once(server, 'connection')) as [Socket];
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    assert.equal(greeting.toString('latin1').slice(0, 20), '\x13BitTorrent protocol');
    socket.destroy();
    server.close();
  });

  it('accepts those who dial encrypted', async () => {
    const [dialler, dialled] = await connected({ areGuarded: [false, true] });
    assert.equal(dialled?.wire.peerId, dialler?.client.peerId);
  });

  it('serves a peer that never said what it has, also after it was choked once (T-010)', async () => {
    const client = makeClient();
    clients.push(client);
    const added = add(client, torrent, bytes);
    guard(added, client);
    await once(added, 'ready');
    const wired = once(added, 'wire') as Promise<[Wire]>;
    const peer = await RawPeer.dial(client.torrentPort, torrent, () => undefined, { has: [] });
    const [wire] = await wired;
    peer.beInterested();
    await until(() => wire.peerInterested);
    assert.equal(wire.isSeeder, false);
    wire.choke();
    assert.equal(wire.amChoking, true);
    added._rechoke();
    assert.equal(wire.amChoking, false);
    peer.close();
  });

  it('knows the pieces of a peer, however it said so, and a seed when it is one (T-004)', async () => {
    const client = makeClient();
    clients.push(client);
    const added = add(client, torrent, bytes);
    guard(added, client);
    await once(added, 'ready');
    for (const has of ['all', [0, 3], [0, 1, 2, 3]] as const) {
      const wired = once(added, 'wire') as Promise<[Wire]>;
      const peer = await RawPeer.dial(client.torrentPort, torrent, () => undefined, { has });
      const [wire] = await wired;
      const count = has === 'all' ? 4 : has.length;
      await until(() => piecesOf(wire.peerPieces, 4).count === count);
      assert.equal(wire.isSeeder, count === 4);
      peer.close();
      if (!wire.destroyed) await once(wire, 'close');
    }
    const [dialler, dialled] = await connected();
    dialler?.wire.haveAll();
    await until(() => dialled?.wire.isSeeder === true);
    assert.equal(piecesOf(dialled!.wire.peerPieces, 4).isFull, true);
  });

  it('has pieces that take no more blocks once they are flushed', async () => {
    const client = makeClient();
    clients.push(client);
    const added = add(client, torrent, bytes);
    await once(added, 'ready');
    const piece = added.pieces[1]!;
    assert.equal(piece.length, 16384);
    const wire = {} as Wire;
    const buffers = new PieceBuffers();
    const draft = new Draft(piece, buffers);
    assert.equal(draft.bytes, undefined);
    assert.equal(piece.set(0, Buffer.alloc(16384, 3), wire), true);
    assert.equal(piece.set(0, Buffer.alloc(16384, 4), wire), true);
    assert.deepEqual(Buffer.from(piece.flush()!), Buffer.alloc(16384, 3));
    assert.equal(piece.get(0), null);
    assert.equal(piece.set(0, Buffer.alloc(16384, 4), wire), false);
    assert.deepEqual(Buffer.from(draft.bytes!), Buffer.alloc(16384, 3));
    assert.deepEqual(draft.senders, [wire]);
    draft.release();
    assert.equal(draft.bytes, undefined);
  });

  it('measures the speed of a peer with one function, which takes the bytes', async () => {
    const [{ wire } = {}] = await connected();
    assert.equal(typeof wire?.downloadSpeed(1000), 'number');
    assert.equal(typeof wire?.uploadSpeed(1000), 'number');
    assert(wire!.downloadSpeed() > 0);
  });

  it('hashes pieces with our hash, and takes nothing else from the module we replace for it', async () => {
    const url = import.meta.resolve('webtorrent');
    const source = await readFile(new URL('lib/torrent.js', url), 'utf8');
    assert.deepEqual(source.match(/import .* from 'uint8-util'/g), ["import { hash } from 'uint8-util'"]);
    const replace = new URL('../../../src/transports/bt/engine/replace-piece-hash.ts', import.meta.url);
    const script = `
      import { registerHooks } from 'node:module';
      import { replacePieceHash } from '${replace.href}';
      registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });
      replacePieceHash();
      await import('webtorrent');`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      encoding: 'utf8',
    });
    assert.match(stdout, /engine\/piece-hash\.ts$/m);
    for (const length of [100_000, 1_000_000]) {
      const piece = new Uint8Array(length).fill(7);
      const shared = new Uint8Array(new SharedArrayBuffer(length)).fill(7);
      for (const bytes of [piece, shared]) assert.equal(await hash(bytes, 'hex'), sha1(piece));
    }
    await endHashing();
  });

  it('reaches the request of HTTP trackers', () => {
    const client = new TrackerClient({
      infoHash: '0'.repeat(40),
      peerId: '0'.repeat(40),
      port: 1,
      announce: ['http://127.0.0.1/announce'],
      wrtc: false,
    });
    assert.equal(typeof client._trackers[0]?._request, 'function');
    client.destroy();
  });
});
