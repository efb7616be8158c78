import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { freePort, TestFleet, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { Swarm } from '../transports/bt/swarm.ts';
import { ctorrent, startCtorrent } from './ctorrent.ts';

const MIB = 1024 * 1024;
/** ctorrent makes files of plain names only, and the last piece is a short one. */
const PACKAGE: Readonly<Record<string, number>> = {
  'z.mxf': 5 * MIB + 17,
  'sub/a.mxf': 3 * MIB,
  'sub/deep/b.xml': 70_001,
  'A.xml': 1453,
  'c.xml': 99,
};
const COMPLETE = /Already\/Total: (\d+)\/\1 \(100%\)/;

describe('ctorrent and we', function () {
  this.timeout(120_000);
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  async function start(directory: string, ...parameters: string[]): Promise<ChildProcess> {
    const child = startCtorrent(directory, '-p', String(await freePort()), ...parameters);
    running.push(child);
    child.stdout?.resume();
    child.stderr?.resume();
    return child;
  }

  describe('our sender and tracker', () => {
    let fleet: TestFleet;
    before(async () => {
      fleet = await TestFleet.create();
      await fleet.sender.start();
    });
    after(() => fleet.close());

    /** Fetches what is published, checks it with ctorrent and against the source. */
    async function fetchWhole(name: string): Promise<void> {
      const directory = join(fleet.root, 'ctorrent', name);
      await mkdir(directory, { recursive: true });
      const answer = await fetch(`${fleet.originUrl}/dcp/cfec-001/dcps/${name}.torrent`);
      await writeFile(join(directory, 'it.torrent'), new Uint8Array(await answer.arrayBuffer()));
      const child = await start(directory, '-e', '0', '-s', name, 'it.torrent');
      await once(child, 'exit');
      assert.match(await ctorrent(directory, '-c', '-s', name, 'it.torrent'), COMPLETE);
      await assertSameTree(join(directory, name), fleet.packagePath(name));
    }

    it('give it a whole package with its sub-directories (BV-003, T-010)', async () => {
      await writePackage(fleet.packagePath('ours'), PACKAGE);
      await fleet.publish('ours', '1:0:0');
      await fetchWhole('ours');
    });

    it('keep the torrent that it made, in its own order of files (T-011, BG-05)', async () => {
      await writePackage(fleet.packagePath('theirs'), PACKAGE);
      const dcps = dirname(fleet.packagePath('theirs'));
      await ctorrent(dcps, '-t', '-u', fleet.trackerUrl, '-s', 'theirs.torrent', 'theirs');
      const bytes = await readFile(join(dcps, 'theirs.torrent'));
      const { infoHash, files } = parseTorrent(bytes, 'theirs.torrent');
      await fleet.publish('theirs', '1:0:0');
      const task = JSON.parse(await readFile(fleet.taskPath('theirs'), 'utf8')) as {
        bt: { infohash: string };
        filelist: { file: string }[];
      };
      assert.ok(bytes.equals(await readFile(join(dcps, 'theirs.torrent'))));
      assert.equal(task.bt.infohash, infoHash);
      assert.deepEqual(
        task.filelist.map(({ file }) => file),
        files.map(({ path }) => path),
      );
      await fetchWhole('theirs');
    });
  });

  describe('our receivers', () => {
    let swarm: Swarm;
    before(async () => {
      swarm = await Swarm.make();
    });
    afterEach(() => swarm.clear());
    after(() => swarm.dispose());

    it('take a package from it as the only seed, which comes late, to the last piece (T-010)', async () => {
      const torrent = await swarm.torrent({ 'a.mxf': 3 * MIB + 5, 'sub/b.mxf': MIB });
      const downloads = [await swarm.download(torrent), await swarm.download(torrent)];
      for (const download of downloads) await download.start();
      await until('they have found each other', () =>
        Promise.resolve(downloads.every(download => download.stats.connected.leechers === 1)),
      );
      const directory = dirname(torrent.torrentPath);
      await start(directory, '-f', '-s', join(directory, torrent.metainfo.name), torrent.torrentPath);
      for (const download of downloads) await download.durable();
      for (const download of downloads) await download.assertRight();
    });
  });
});
