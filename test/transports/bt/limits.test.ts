import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { BtEngine } from '../../../src/transports/bt/engine.ts';
import { Swarm, until } from './swarm.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SLOW = 400 * KIB;

describe('limits of one torrent', () => {
  let swarm: Swarm;
  before(async () => {
    swarm = await Swarm.make();
  });
  afterEach(() => swarm.clear());
  after(() => swarm.dispose());

  for (const { way, limits, pick } of [
    { way: 'down', limits: { download: SLOW, upload: null }, pick: (_: BtEngine, receiver: BtEngine) => receiver },
    { way: 'up', limits: { download: null, upload: SLOW }, pick: (seed: BtEngine) => seed },
  ]) {
    it(`holds one back on its way ${way} and no other, and can be lifted while it runs`, async () => {
      const slow = await swarm.torrent({ 'slow.mxf': 6 * MIB });
      const fast = await swarm.torrent({ 'fast.mxf': 6 * MIB });
      const seed = await swarm.seed(slow);
      await seed.add({ infoHash: fast.infoHash, torrentPath: fast.torrentPath, files: fast.files, have: 'all' });
      const download = await swarm.download(slow);
      const other = await swarm.download(fast, download.engine);
      const limited = pick(seed, download.engine);
      limited.setTorrentLimits(slow.infoHash, limits);
      await download.start();
      limited.setTorrentLimits(slow.infoHash, limits);
      await other.start();
      await other.durable();
      assert(download.durableCount < 96, 'the limit did not hold');
      await until(() => download.stats.verified > 0);
      assert.deepEqual(limited.list().find(({ stats }) => stats.infoHash === slow.infoHash)?.limits, limits);
      limited.setTorrentLimits(slow.infoHash, { download: null, upload: null });
      await download.durable();
      await download.assertRight();
      // Nothing was asked for twice, nobody was connected anew.
      assert.equal((await download.finalStats()).received, 6 * MIB);
    });
  }

  it('is given to the next engine process, too', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 6 * MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const { engine } = download;
    await engine.add({ ...download.request(), limits: { download: 0, upload: null } });
    process.kill(engine.pid!, 'SIGKILL');
    await once(engine, 'restarted');
    await until(() => download.stats.connected.seeds > 0);
    assert.equal(download.durableCount, 0);
    engine.setTorrentLimits(torrent.infoHash, { download: null, upload: null });
    await download.durable();
  });
});
