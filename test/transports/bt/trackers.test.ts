import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { boundInterval } from '../../../src/transports/bt/engine/tracker-guard.ts';
import { BAD_TRACKERS, BadTrackerServer } from './bad-trackers.ts';
import { seeding, Swarm, until } from './swarm.ts';

const KIB = 1024;

/** Resident memory of a process, bytes. */
async function memory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * KIB;
}

describe('BtEngine and its trackers', () => {
  let swarm: Swarm;
  let bad: BadTrackerServer;
  before(async () => {
    swarm = await Swarm.make();
    bad = await BadTrackerServer.start();
  });
  afterEach(() => swarm.clear());
  after(async () => {
    bad.stop();
    await swarm.dispose();
  });

  it(`outlives ${BAD_TRACKERS.length} kinds of bad trackers, asks none of them too often, and serves meanwhile`, async () => {
    const engine = await swarm.engine();
    const { pid = 0 } = engine;
    for (const number of BAD_TRACKERS.keys()) {
      const torrent = await swarm.torrent({ a: KIB }, { announce: [bad.address(number)] });
      await engine.add(seeding(torrent));
    }
    await until(() => bad.asked.every(count => count > 0));

    const torrent = await swarm.torrent({ 'a.mxf': 1000 * KIB }, { announce: [bad.address(0), swarm.announce] });
    await engine.add(seeding(torrent));
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    await download.assertRight();

    assert.equal(engine.pid, pid, 'the engine was restarted');
    // Following a redirect takes several requests; Node itself follows up to twenty.
    for (const [number, count] of bad.asked.entries()) assert(count <= 25, `${BAD_TRACKERS[number]?.what}: ${count}`);
    assert((await memory(pid)) < 400 * KIB * KIB);
  });

  it('says what each of them did wrong', async () => {
    const engine = await swarm.engine();
    for (const what of [
      'cuts its answer',
      'answers nonsense',
      'does not find it',
      'complains',
      'names a million peers',
    ]) {
      const number = BAD_TRACKERS.findIndex(tracker => tracker.what === what);
      const torrent = await swarm.torrent({ a: KIB }, { announce: [bad.address(number)] });
      await engine.add(seeding(torrent));
      await until(() => engine.stats(torrent.infoHash)?.trackerError !== '');
    }
    const errors = engine.list().map(({ stats }) => stats.trackerError);
    const expected = [/terminated/, /expected "d"/, /it answers 404/, /go away/, /longer than/];
    for (const [index, pattern] of expected.entries()) assert.match(errors[index] ?? '', pattern);
  });

  it('never asks more than twice a minute nor less than once an hour', () => {
    for (const ms of [-1, 0, 1, NaN, -Infinity, 'soon', undefined, null, 2 ** 31, 1e300, Infinity, 60_000]) {
      const bounded = boundInterval(ms);
      assert(bounded >= 30_000 && bounded <= 3_600_000, `${String(ms)} became ${bounded}`);
    }
    assert.equal(boundInterval(60_000), 60_000);
  });
});
