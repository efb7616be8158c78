import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import bencode from 'bencode';
import { walkPackage } from '../../src/disk/walk.ts';
import type { Metainfo } from '../../src/torrent/metainfo.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { TestFleet, type TestNode } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const CLIENT = new URL('v1-client.fixture.ts', import.meta.url).pathname;
const KIB = 1024;
/** Files of odd sizes, in folders, some of them empty. */
const WHOLE: Readonly<Record<string, number>> = {
  'pic 1.mxf': 5000 * KIB + 17,
  '声音.mxf': 3000 * KIB,
  'sub/deep/100%.xml': 70_001,
  'sub/empty': 0,
  'ASSETMAP.xml': 1453,
};

interface Row {
  readonly name: string;
  readonly infohash: string;
  readonly percent: number;
  readonly available: number;
}

describe('version 1.0 beside version 2', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;
  const clients: ChildProcess[] = [];

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { receiverstoreplan: 'A' });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.kill('SIGKILL');
  });
  after(() => fleet.close());

  async function published(path: string): Promise<Uint8Array> {
    const answer = await fetch(`${fleet.originUrl}/dcp/cfec-001/${path}`);
    assert.equal(answer.status, 200, path);
    return new Uint8Array(await answer.arrayBuffer());
  }

  const parsed = async (path: string): Promise<Metainfo> => parseTorrent(await published(path), path);

  /** A client of version 1.0 that is given nothing but a torrent that lies at the origin. `rate`: bytes per second. */
  async function v1(path: string, directory: string, ...rate: number[]): Promise<ChildProcess> {
    await mkdir(directory, { recursive: true });
    const torrentPath = join(fleet.root, 'v1.torrent');
    await writeFile(torrentPath, await published(path));
    const client = spawn(process.execPath, [CLIENT, torrentPath, directory, ...rate.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    clients.push(client);
    return client;
  }

  async function get(node: TestNode, path: string): Promise<unknown> {
    return (await fetch(`http://127.0.0.1:${node.apiPort}${path}`)).json();
  }

  const torrents = async (node: TestNode): Promise<Row[]> =>
    ((await get(node, '/api/v1/torrents')) as { torrents: Row[] }).torrents;

  /** What the sender does when it is asked for a torrent. */
  async function greet(infoHash: string): Promise<'answers' | 'hangs up'> {
    const { btport } = (await get(fleet.sender, '/api/v1/status')) as { btport: number };
    const socket = connect(btport, '127.0.0.1');
    const protocol = Buffer.from('\x13BitTorrent protocol\0\0\0\0\0\0\0\0', 'latin1');
    socket.write(Buffer.concat([protocol, Buffer.from(infoHash, 'hex'), Buffer.from('-V10000-abcdefghijkl')]));
    const reply = await Promise.race([
      once(socket, 'data').then(() => 'answers' as const),
      once(socket, 'close').then(() => 'hangs up' as const),
    ]);
    socket.destroy();
    return reply;
  }

  /** How many peers the tracker knows. */
  async function peersOf(infoHash: string): Promise<number> {
    const scrape = new URL(`scrape?info_hash=${infoHash.replaceAll(/../g, '%$&')}`, fleet.trackerUrl);
    const answer = bencode.decode(new Uint8Array(await (await fetch(scrape)).arrayBuffer()));
    const { files } = answer as { files: Record<string, { complete: number; incomplete: number }> };
    return Object.values(files).reduce((sum, { complete, incomplete }) => sum + complete + incomplete, 0);
  }

  it('has nothing to do with a package without a bt share: no torrent in the engine, no -tmp one at all (BV-005)', async () => {
    await writePackage(fleet.packagePath('no-bt'), SMALL);
    await fleet.publish('no-bt', '0:1:1');
    assert.deepEqual(await torrents(fleet.sender), []);
    assert.equal(await peersOf((await parsed('dcps/no-bt.torrent')).infoHash), 0);
    await assert.rejects(access(join(fleet.packagePath('no-bt'), '../../dcps-tmp/no-bt-tmp.torrent')));
  });

  for (const ratio of ['1:0:0', '3:0:0']) {
    it(`fetches a package of ratio ${ratio} whole from our sender, byte for byte (BV-002, BV-003)`, async () => {
      const name = `whole-${ratio[0]}`;
      await writePackage(fleet.packagePath(name), WHOLE);
      await fleet.publish(name, ratio);
      const directory = join(fleet.root, 'v1', name);
      const client = await v1(`dcps/${name}.torrent`, directory);
      assert.deepEqual(await once(client, 'exit'), [0, null]);
      await assertSameTree(join(directory, name), fleet.packagePath(name));

      const row = (await torrents(fleet.sender)).find(each => each.name === `cfec-001-${name}.task.json`);
      assert.equal(row?.infohash, (await parsed(`dcps/${name}.torrent`)).infoHash);
      assert.deepEqual([row.percent, row.available], [100, 100]);
    });
  }

  it('gets nothing of a package that is split: the full torrent is made and not seeded, the -tmp one is (BV-004, BV-006)', async () => {
    await writePackage(fleet.packagePath('split'), SMALL);
    await fleet.publish('split', '1:1:1');
    const full = await parsed('dcps/split.torrent');
    const tmp = await parsed('dcps-tmp/split-tmp.torrent');
    const directory = join(fleet.root, 'v1', 'split');
    assert.deepEqual(await once(await v1('dcps-tmp/split-tmp.torrent', directory), 'exit'), [0, null]);
    const { btlist } = JSON.parse(await readFile(fleet.taskPath('split'), 'utf8')) as { btlist: string[] };
    const { files } = await walkPackage(join(directory, 'split-tmp'));
    assert.deepEqual(files.map(({ path }) => path).sort(), [...btlist].sort());
    for (const { path } of files) {
      const bytes = await readFile(join(fleet.packagePath('split'), path));
      assert.ok(bytes.equals(await readFile(join(directory, 'split-tmp', path))), path);
    }

    assert.equal(await greet(tmp.infoHash), 'answers');
    assert.equal(await greet(full.infoHash), 'hangs up');
    assert.ok((await peersOf(tmp.infoHash)) > 0);
    assert.equal(await peersOf(full.infoHash), 0);
    assert.ok(!(await torrents(fleet.sender)).some(({ infohash }) => infohash === full.infoHash));
  });

  it('is replaced by what we receive when it stands half-way in the storage, under the same name (BV-007, BD-16)', async () => {
    await writePackage(fleet.packagePath('begun'), WHOLE);
    await fleet.publish('begun', '1:0:0');
    const storage = join(receiver.root, 'dcp');
    const stored = join(storage, 'begun');
    const client = await v1('dcps/begun.torrent', storage, 256 * KIB);
    assert.ok(client.stdout);
    await once(client.stdout, 'data');
    client.kill('SIGKILL');
    await once(client, 'exit');
    await writeFile(join(stored, 'left over'), 'of version 1.0');
    await assert.rejects(assertSameTree(stored, fleet.packagePath('begun')));
    await assert.rejects(access(`${stored}.finished`));

    assert.equal((await fleet.recv(receiver, 'begun')).return_content.desc, 'succeed!');
    await fleet.downloaded(receiver, 'begun');
    await assertSameTree(stored, fleet.packagePath('begun'));
    await access(`${stored}.finished`);
  });
});
