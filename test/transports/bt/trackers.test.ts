import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { boundInterval } from '../../../src/transports/bt/engine/tracker-guard.ts';
import { BAD_ADDRESSES, BAD_TRACKERS, BadTrackerServer } from './bad-trackers.ts';
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
    // A few redirects are followed.
    for (const [number, count] of bad.asked.entries()) assert(count <= 12, `${BAD_TRACKERS[number]?.what}: ${count}`);
    assert((await memory(pid)) < 400 * KIB * KIB);
  });

  it('outlives addresses that nobody can ask, and asks the others', async () => {
    const engine = await swarm.engine();
    const { pid } = engine;
    const torrent = await swarm.torrent({ 'a.mxf': 100 * KIB }, { announce: [...BAD_ADDRESSES, swarm.announce] });
    assert(torrent.metainfo.announce.every(url => !/:0|ws|gopher/.test(url)));
    await engine.add(seeding(torrent));
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable();
    assert.equal(engine.pid, pid, 'the engine was restarted');
  });

  it('asks of a torrent only those that it was told to', async () => {
    const engine = await swarm.engine();
    const announce = [bad.address(2), bad.address(5)];
    const before = [...bad.asked];
    const torrent = await swarm.torrent({ a: KIB }, { announce });
    await engine.add({ ...seeding(torrent), announce: [bad.address(5)] });
    await until(() => bad.asked[5]! > before[5]!);
    assert.equal(bad.asked[2], before[2]);
  });

  it('follows a UDP tracker that answers "ask me" again and again no further than once', async () => {
    const tracker = createSocket('udp4');
    let asked = 0;
    tracker.on('message', (message, { port, address }) => {
      asked++;
      const connect = Buffer.alloc(16);
      // The first question has its transaction id in the same place as all others.
      message.copy(connect, 4, 12, 16);
      tracker.send(connect, port, address);
    });
    tracker.bind(0, '127.0.0.1');
    await once(tracker, 'listening');
    try {
      const engine = await swarm.engine();
      const url = `udp://127.0.0.1:${tracker.address().port}/announce`;
      const torrent = await swarm.torrent({ a: KIB }, { announce: [url] });
      await engine.add(seeding(torrent));
      await until(() => engine.stats(torrent.infoHash)?.trackerError !== '');
      assert.match(engine.stats(torrent.infoHash)?.trackerError ?? '', /answers without end/);
      assert(asked <= 4, `asked ${asked} times`);
    } finally {
      tracker.close();
    }
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
    const expected = [/Length mismatch/, /expected "d"/, /it answers 404/, /go away/, /longer than/];
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
