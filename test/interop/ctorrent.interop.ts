import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { freePort, TestFleet, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { Swarm } from '../transports/bt/swarm.ts';
import { ctorrent, startCtorrent } from './ctorrent.ts';
import { ForeignProcesses, run } from './foreign-process.ts';
import { clientSuite } from './suite.ts';

const MIB = 1024 * 1024;
const COMPLETE = /Already\/Total: (\d+)\/\1 \(100%\)/;

clientSuite(ctorrent);

describe('what ctorrent alone does', function () {
  this.timeout(150_000);
  const clients = new ForeignProcesses();
  afterEach(async function () {
    const said = await clients.stop();
    if (this.currentTest?.state === 'failed') console.error(said);
  });

  describe('it makes a torrent', () => {
    let fleet: TestFleet;
    before(async () => {
      fleet = await TestFleet.create();
      await fleet.sender.start();
    });
    after(() => fleet.close());

    it('which our sender keeps, in its own order of files (T-011, BG-05)', async () => {
      await writePackage(fleet.packagePath('theirs'), { 'z.mxf': MIB + 17, 'sub/a.mxf': MIB, 'A.xml': 1453 });
      const dcps = dirname(fleet.packagePath('theirs'));
      const torrentPath = join(dcps, 'theirs.torrent');
      const made = ['-t', '-u', fleet.trackerUrl, '-s', 'theirs.torrent', 'theirs'];
      await run({ command: 'ctorrent', args: made, cwd: dcps });
      const bytes = await readFile(torrentPath);
      const { infoHash, files } = parseTorrent(bytes, torrentPath);
      await fleet.publish('theirs', '1:0:0');
      const task = JSON.parse(await readFile(fleet.taskPath('theirs'), 'utf8')) as {
        bt: { infohash: string };
        filelist: { file: string }[];
      };
      assert.ok(bytes.equals(await readFile(torrentPath)));
      assert.equal(task.bt.infohash, infoHash);
      assert.deepEqual(
        task.filelist.map(({ file }) => file),
        files.map(({ path }) => path),
      );
      await fetchWhole(torrentPath, 'theirs');
    });

    async function fetchWhole(torrentPath: string, name: string): Promise<void> {
      const directory = join(fleet.root, 'fetched');
      await mkdir(directory);
      const place = { torrentPath, directory, name, home: directory, address: '127.0.0.2', port: await freePort() };
      await clients.start(startCtorrent(place, '-e', '0')).ended();
      const checked = await run({ command: 'ctorrent', args: ['-c', '-s', name, torrentPath], cwd: directory });
      assert.match(checked, COMPLETE);
      await assertSameTree(join(directory, name), fleet.packagePath(name));
    }
  });

  describe('it comes late, as the only seed', () => {
    let swarm: Swarm;
    before(async () => {
      swarm = await Swarm.make();
    });
    afterEach(() => swarm.clear());
    after(() => swarm.dispose());

    it('to receivers that are connected to each other, and gives them the last piece, too (T-010)', async () => {
      const torrent = await swarm.torrent({ 'a.mxf': 3 * MIB + 5, 'sub/b.mxf': MIB });
      const downloads = [await swarm.download(torrent), await swarm.download(torrent)];
      for (const download of downloads) await download.start();
      await until('they have found each other', () =>
        Promise.resolve(downloads.every(download => download.stats.connected.leechers === 1)),
      );
      const { torrentPath } = torrent;
      const directory = dirname(torrentPath);
      const { name } = torrent.metainfo;
      const place = { torrentPath, directory, name, home: directory, address: '127.0.0.2', port: await freePort() };
      clients.start(startCtorrent(place, '-f'));
      for (const download of downloads) await download.durable();
      for (const download of downloads) await download.assertRight();
    });
  });
});
