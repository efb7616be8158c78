// `node test/acceptance/trackers.ts [TIMES]`: an engine asks bad trackers of every kind, 1,000 times in all, while it serves one that is good.
import { readFile } from 'node:fs/promises';
import { formatBytes } from '../../src/core/units.ts';
import { BAD_TRACKERS, BadTrackerServer } from '../transports/bt/bad-trackers.ts';
import type { TestTorrent } from '../transports/bt/make-torrent.ts';
import { seeding, Swarm, until } from '../transports/bt/swarm.ts';

const KIB = 1024;
const times = Number(process.argv[2] ?? 1000);

async function memory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * KIB;
}

const swarm = await Swarm.make();
const bad = await BadTrackerServer.start();
try {
  const seed = await swarm.engine();
  const { pid = 0 } = seed;
  let restarts = 0;
  seed.on('restarted', () => restarts++);
  const good = await swarm.torrent({ 'a.mxf': 64 * KIB * KIB });
  await seed.add(seeding(good));
  const download = await swarm.download(good);
  seed.setTorrentLimits(good.infoHash, { download: null, upload: KIB * KIB });
  await download.start();

  let asked = 0;
  let most = 0;
  while (asked < times) {
    const before = [...bad.asked];
    const count = Math.min(BAD_TRACKERS.length, times - asked);
    const torrents: TestTorrent[] = [];
    for (let number = 0; number < count; number++) {
      const torrent = await swarm.torrent({ a: KIB }, { announce: [bad.address(number)] });
      await seed.add(seeding(torrent));
      torrents.push(torrent);
    }
    await until(() => torrents.every((_, number) => bad.asked[number]! > before[number]!));
    most = Math.max(most, await memory(seed.pid ?? pid));
    await Promise.all(torrents.map(({ infoHash }) => seed.remove(infoHash)));
    asked += count;
  }
  seed.setTorrentLimits(good.infoHash, { download: null, upload: null });
  await download.durable();
  await download.assertRight();
  console.log(
    `${asked} announces to ${BAD_TRACKERS.length} kinds of bad trackers: the engine was restarted ${restarts} times and took at most ${formatBytes(most)}; what it served meanwhile arrived right`,
  );
  if (restarts > 0) process.exitCode = 1;
} finally {
  bad.stop();
  await swarm.dispose();
}
