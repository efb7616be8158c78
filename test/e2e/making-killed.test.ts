import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, watch } from 'node:fs';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from '../../src/disk/exists.ts';
import { parseTaskFile, type TaskFile } from '../../src/task/task-file.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { TestFleet, until } from './nodes.ts';
import { writePackage } from './packages.ts';

/** Sizes of the packages, bytes: they are at different points when the daemon is killed. */
const SIZES = [3, 6, 9, 12, 15, 18].map(size => size * 1_000_000);
const NAMES = SIZES.map((_, index) => `film-${index}`) as [string, ...string[]];
/** The daemon is killed when one of these appears: what else is made is somewhere on its way then. */
const MOMENTS = ['full', 'tmp'] as const;

describe('makings that are killed', function () {
  this.timeout(120_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create();
  });
  after(() => fleet.close());

  const torrents = (name: string) => ({
    full: `${fleet.packagePath(name)}.torrent`,
    tmp: join(fleet.packagePath(name), `../../dcps-tmp/${name}-tmp.torrent`),
  });
  const infoHash = async (path: string) => parseTorrent(await readFile(path), path).infoHash;

  /** A task file is there only with the torrents that it names; a torrent is there only whole. */
  async function finished(name: string): Promise<TaskFile | undefined> {
    const { full, tmp } = torrents(name);
    for (const path of [full, tmp]) if (await exists(path)) await infoHash(path);
    if (!(await exists(fleet.taskPath(name)))) return undefined;
    const task = parseTaskFile(await readFile(fleet.taskPath(name), 'utf8'));
    assert.deepEqual([await infoHash(full), await infoHash(tmp)], [task.bt.infohash, task.bt.tmpinfohash]);
    return task;
  }

  const unfinished = () => readdir(join(fleet.sender.root, 'state/makings'));
  /** What a killed writer leaves of a file. */
  const leftOf = (path: string) => join(dirname(path), `.${basename(path)}.0123456789ab.tmp`);
  const left = async () => {
    const { full, tmp } = torrents(NAMES[0]);
    const names = await Promise.all([full, tmp, fleet.taskPath(NAMES[0])].map(path => readdir(dirname(path))));
    return names.flat().filter(name => name.endsWith('.tmp'));
  };

  /** Resolves at the moment in which the file is there. */
  async function appears(path: string): Promise<void> {
    const there = Promise.withResolvers<void>();
    const look = () => existsSync(path) && there.resolve();
    const watcher = watch(dirname(path), look);
    look();
    await there.promise.finally(() => watcher.close());
  }

  it('leave nothing that looks finished, and are made in the end (fault 1)', async () => {
    for (const [index, name] of NAMES.entries()) {
      await writePackage(fleet.packagePath(name), { 'a.mxf': 1_000_017, 'b.mxf': 1_000_003, 'c.xml': 71 });
      await truncate(join(fleet.packagePath(name), 'a.mxf'), SIZES[index]);
    }
    for (const path of Object.values(torrents(NAMES[0]))) await mkdir(dirname(path), { recursive: true });
    await fleet.sender.start();
    let interrupted = 0;
    for (const moment of MOMENTS) {
      const some = NAMES[randomInt(NAMES.length / 2)] ?? '';
      const path = torrents(some)[moment];
      for (const name of NAMES) {
        // What a kill interrupted goes on by itself; what was done is made anew.
        if (interrupted === 0 || (await finished(name))) await fleet.gentask(name, { deloldtorrent: 'true' });
      }
      await appears(path);
      await fleet.sender.end('SIGKILL');
      interrupted += (await unfinished()).length;
      for (const name of NAMES) {
        if (await finished(name)) continue;
        for (const path of Object.values(torrents(name))) await writeFile(leftOf(path), 'half');
      }
      await fleet.sender.start();
    }
    assert.ok(interrupted > 0);
    await until('all are made', async () => (await unfinished()).length === 0);
    for (const [index, name] of NAMES.entries()) {
      const task = await finished(name);
      assert.deepEqual(
        task?.filelist.map(({ file, size }) => [file, size]),
        [
          ['a.mxf', SIZES[index]],
          ['b.mxf', 1_000_003],
          ['c.xml', 71],
        ],
      );
    }
    assert.deepEqual(await left(), []);
  });
});
