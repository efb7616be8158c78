import assert from 'node:assert/strict';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exists } from '../../src/disk/exists.ts';
import { parseTaskFile, type TaskFile } from '../../src/task/task-file.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { TestFleet, until } from './nodes.ts';
import { writePackage } from './packages.ts';

const KILLS = 10;
const NAME = 'film';

describe('a making that is killed', function () {
  this.timeout(120_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create();
  });
  after(() => fleet.close());

  const torrents = () => ({
    full: `${fleet.packagePath(NAME)}.torrent`,
    tmp: join(fleet.packagePath(NAME), `../../dcps-tmp/${NAME}-tmp.torrent`),
  });
  const infoHash = async (path: string) => parseTorrent(await readFile(path), path).infoHash;

  /** A task file is there only with the torrents that it names; a torrent is there only whole. */
  async function finished(): Promise<TaskFile | undefined> {
    const { full, tmp } = torrents();
    for (const path of [full, tmp]) if (await exists(path)) await infoHash(path);
    if (!(await exists(fleet.taskPath(NAME)))) return undefined;
    const task = parseTaskFile(await readFile(fleet.taskPath(NAME), 'utf8'));
    assert.deepEqual([await infoHash(full), await infoHash(tmp)], [task.bt.infohash, task.bt.tmpinfohash]);
    return task;
  }

  it(`leaves nothing that looks finished, ${KILLS} times at random moments, and is made in the end`, async () => {
    await writePackage(fleet.packagePath(NAME), { 'a.mxf': 3_000_017, 'b.mxf': 1_000_003, 'c.xml': 71 });
    await truncate(join(fleet.packagePath(NAME), 'a.mxf'), 200_000_000);
    await fleet.sender.start();
    for (let kill = 0; kill < KILLS; kill++) {
      // What a kill interrupted goes on by itself; what was done is made anew.
      if (kill === 0 || (await finished())) await fleet.gentask(NAME, { deloldtorrent: 'true' });
      await delay(Math.random() * 600);
      await fleet.sender.end('SIGKILL');
      await finished();
      await fleet.sender.start();
    }
    await until('it is made', async () => (await readdir(join(fleet.sender.root, 'state/makings'))).length === 0);
    const task = await finished();
    assert.deepEqual(
      task?.filelist.map(({ file, size }) => [file, size]),
      [
        ['a.mxf', 200_000_000],
        ['b.mxf', 1_000_003],
        ['c.xml', 71],
      ],
    );
  });
});
