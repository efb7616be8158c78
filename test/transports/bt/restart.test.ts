import assert from 'node:assert/strict';
import { once } from 'node:events';
import { seeding, Swarm } from './swarm.ts';

const MIB = 1024 * 1024;

function kill(pid: number | undefined): void {
  assert(pid);
  process.kill(pid, 'SIGKILL');
}

describe('BtEngine whose process is killed', () => {
  let swarm: Swarm;
  beforeEach(async () => {
    swarm = await Swarm.make();
  });
  afterEach(() => swarm.dispose());

  it('goes on with the durable pieces in the receiver, and counts on', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 8 * MIB, 'b.mxf': 4 * MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const { engine } = download;
    engine.setLimits(3 * MIB, null);
    const written = new Set<number>();
    engine.on('written', ({ pieces }) => pieces.forEach(piece => written.add(piece)));
    await download.start();
    await download.durable(40);
    const { port, pid } = engine;
    kill(pid);
    await once(engine, 'restarted');
    const before = { durable: download.durableCount, received: download.stats.received, written: written.size };
    assert(before.received > 2 * MIB, 'the counter started again');
    engine.setLimits(null, null);
    await download.durable();
    await download.assertRight();
    const { received } = await download.finalStats();
    // What was written and not yet durable is hashed where it is, not fetched again.
    const [least, most] = [before.written, before.durable].map(pieces => 12 * MIB - pieces * 64 * 1024);
    const fetched = received - before.received;
    assert.ok(fetched >= (least ?? 0) && fetched <= (most ?? 0), `${fetched} of ${least} to ${most}`);
    assert.equal(engine.port, port);
    assert.notEqual(engine.pid, pid);
  });

  it('keeps a limit, over the restart too, and lifts it at once', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 24 * MIB });
    await swarm.seed(torrent);
    const download = await swarm.download(torrent);
    const { engine } = download;
    engine.setLimits(2 * MIB, null);
    kill(engine.pid);
    await once(engine, 'restarted');
    await download.start();
    await download.durable(50);
    assert(download.stats.downRate < 3 * MIB, `${download.stats.downRate} bytes/s`);
    engine.setLimits(null, null);
    await download.durable();
  });

  it('is found again by its receiver when it was the only seed', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': 8 * MIB });
    const seed = await swarm.seed(torrent);
    seed.setLimits(null, 3 * MIB);
    const download = await swarm.download(torrent);
    await download.start();
    await download.durable(30);
    kill(seed.pid);
    await once(seed, 'restarted');
    seed.setLimits(null, null);
    await download.durable();
    await download.assertRight();
  });

  it('takes and drops torrents while no process is there', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB });
    const engine = await swarm.engine();
    kill(engine.pid);
    while (engine.pid !== undefined) await new Promise(setImmediate);
    const dropped = assert.rejects(engine.add({ ...seeding(torrent), infoHash: 'f'.repeat(40) }), {
      code: 'TASK_CANCELLED',
    });
    await engine.remove('f'.repeat(40));
    await dropped;
    await engine.add(seeding(torrent));
    assert.notEqual(engine.stats(torrent.infoHash), undefined);
  });

  it('can be stopped at once, again and again', async () => {
    const torrent = await swarm.torrent({ 'a.mxf': MIB });
    const engine = await swarm.engine();
    kill(engine.pid);
    while (engine.pid !== undefined) await new Promise(setImmediate);
    const waiting = assert.rejects(engine.add(seeding(torrent)), { code: 'BT_ENGINE_DOWN' });
    await engine.stop();
    await waiting;
    await engine.stop();
    await assert.rejects(engine.add(seeding(torrent)), { code: 'BT_ENGINE_DOWN' });
  });
});
