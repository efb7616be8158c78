import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { BtTransport } from '../../../src/transports/bt/transport.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { Swarm, until } from './swarm.ts';

/** Pauses are a fiftieth. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) };

describe('a torrent that is given up while it is served', () => {
  let swarm: Swarm;
  let sample: SamplePackage;
  before(async () => {
    swarm = await Swarm.make();
    sample = await SamplePackage.make({ shares: { bt: randomFiles({ 'a.mxf': 100_000 }) }, tracker: swarm.announce });
  });
  after(async () => {
    await swarm.dispose();
    await sample.remove();
  });

  it('is taken up again by itself once its files can be read, and says why it is not served meanwhile', async () => {
    const item = sample.sent();
    const engine = await swarm.engine();
    const transport = new BtTransport(engine, { clock: hasty });
    await transport.publish(item, new AbortController().signal);
    const file = join(item.packagePath, 'a.mxf');
    const torrentPath = item.shared!.path;
    await rename(torrentPath, `${torrentPath}.away`);
    await rename(file, `${file}.away`);
    process.kill(engine.pid!, 'SIGKILL');
    const [{ error }] = (await once(engine, 'failed')) as [{ error: Error }];
    assert.deepEqual(await transport.status(item), { state: 'unavailable', reason: error.message });

    await rename(`${torrentPath}.away`, torrentPath);
    await until(async () => {
      const status = await transport.status(item);
      return status.state === 'unavailable' && status.reason.includes('a.mxf');
    });
    await rename(`${file}.away`, file);
    await until(async () => (await transport.status(item)).state === 'available');

    await transport.withdraw(item);
    assert.deepEqual(await transport.status(item), { state: 'unavailable', reason: 'not seeding' });
  });

  it('is taken up again when it was given up while its fetch was about to end', async () => {
    const item = sample.received();
    const sender = await swarm.engine();
    const sent = sample.sent();
    await new BtTransport(sender).publish(sent, new AbortController().signal);
    const engine = await swarm.engine();
    const transport = new BtTransport(engine, { clock: hasty });
    const ledger = await sample.ledger(item);
    const flush = ledger.flush.bind(ledger);
    const torrentPath = item.shared!.path;
    ledger.flush = async () => {
      await rename(torrentPath, `${torrentPath}.away`);
      process.kill(engine.pid!, 'SIGKILL');
      await once(engine, 'failed');
      await rename(`${torrentPath}.away`, torrentPath);
      await flush();
    };
    const extents = item.files('bt').map(file => item.manifest.extent(file));
    await transport.fetch(item, extents, ledger, new AbortController().signal);
    await until(async () => (await transport.status(item)).state === 'available');
    await transport.withdraw(item);
  });

  it('is left alone when it is withdrawn meanwhile', async () => {
    const item = sample.sent();
    const engine = await swarm.engine();
    const transport = new BtTransport(engine, { clock: hasty });
    await transport.publish(item, new AbortController().signal);
    const torrentPath = item.shared!.path;
    await rename(torrentPath, `${torrentPath}.away`);
    process.kill(engine.pid!, 'SIGKILL');
    await once(engine, 'failed');
    await transport.withdraw(item);
    await rename(`${torrentPath}.away`, torrentPath);
    assert.deepEqual(await transport.status(item), { state: 'unavailable', reason: 'not seeding' });
    assert.equal(engine.list().length, 0);
  });
});
