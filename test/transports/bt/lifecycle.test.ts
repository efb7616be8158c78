import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { BtEngine } from '../../../src/transports/bt/engine.ts';
import { seeding, Swarm } from './swarm.ts';

const PARENT = fileURLToPath(new URL('parent.fixture.ts', import.meta.url));

/** Time passes only in `sleep`, `speed` times as fast as asked for. */
function sleepingClock({
  onSleep = () => Promise.resolve(),
  speed = 1,
}: {
  onSleep?: () => Promise<void>;
  speed?: number;
}): Clock {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      now += ms * speed;
      await onSleep();
    },
  };
}

describe('BtEngine lifecycle', () => {
  it('says LISTEN_FAILED when the port stays taken', async () => {
    const blocker = createServer().listen(0);
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const clock = sleepingClock({ speed: 20 });
    const engine = new BtEngine({ log: silentLog, clock }, { port });
    await assert.rejects(engine.start(), { code: 'LISTEN_FAILED', message: new RegExp(`port ${port} .*EADDRINUSE`) });
    await engine.stop();
    blocker.close();
  });

  it('takes torrents while it begins, and has them when it is up', async () => {
    const swarm = await Swarm.make();
    const engine = new BtEngine({ log: silentLog }, { port: 0 });
    try {
      const torrent = await swarm.torrent({ a: 64 * 1024 });
      engine.begin();
      await engine.add(seeding(torrent));
      await engine.start();
      assert.equal(engine.list().length, 1);
    } finally {
      await engine.stop();
      await swarm.dispose();
    }
  });

  it('looks after an engine that dies before anybody asked how it went', async () => {
    const engine = new BtEngine({ log: silentLog }, { port: 0 });
    const swarm = await Swarm.make();
    engine.begin();
    await engine.add(seeding(await swarm.torrent({ a: 64 * 1024 })));
    const restarted = once(engine, 'restarted');
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await restarted;
    await engine.start();
    await engine.stop();
    await swarm.dispose();
  });

  it('keeps nobody waiting when it cannot begin', async () => {
    const swarm = await Swarm.make();
    const blocker = createServer().listen(0);
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const engine = new BtEngine({ log: silentLog, clock: sleepingClock({ speed: 20 }) }, { port });
    const torrent = seeding(await swarm.torrent({ a: 64 * 1024 }));
    engine.begin();
    await assert.rejects(engine.add(torrent), { code: 'LISTEN_FAILED' });
    await assert.rejects(engine.add(torrent), { code: 'BT_ENGINE_DOWN' });
    await engine.stop();
    blocker.close();
    await swarm.dispose();
  });

  it('waits for a port that is being freed', async () => {
    const blocker = createServer().listen(0);
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const clock = sleepingClock({ onSleep: () => new Promise(resolve => blocker.close(() => resolve())) });
    const engine = new BtEngine({ log: silentLog, clock }, { port });
    await engine.start();
    assert.equal(engine.port, port);
    await engine.stop();
  });

  it('leaves no engine behind when the daemon is killed', async () => {
    const parent = spawn(process.execPath, [PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { port, pid } = JSON.parse(line.toString()) as { port: number; pid: number };
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    parent.kill('SIGKILL');
    await once(socket, 'close');
    while (isAlive(pid)) await new Promise(setImmediate);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
