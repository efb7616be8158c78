import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../src/core/log.ts';
import { Tracker } from '../../src/origin/tracker.ts';
import { BtEngine } from '../../src/transports/bt/engine.ts';
import { BtTransport } from '../../src/transports/bt/transport.ts';
import { startListening } from '../listening.ts';
import { until } from '../transports/until.ts';
import type { Fixture } from './fixture.ts';

const HELD_RATE = 200_000;
const FLIP_EVERY = 1000;

/** BitTorrent: two engines and our tracker. Wrong bytes come from wrong files: a seed reads nothing again before it sends. */
export async function btFixture(): Promise<Fixture> {
  const tracker = await startListening(log => new Tracker({ log }, { host: '127.0.0.1', port: 0 }));
  const [seed, leech] = [new BtEngine({ log: silentLog }, { port: 0 }), new BtEngine({ log: silentLog }, { port: 0 })];
  await seed.start();
  await leech.start();
  const sender = new BtTransport(seed);
  let current = '';
  let isLying = false;
  return {
    sender,
    receiver: new BtTransport(leech),
    tracker: `${tracker.url}/announce`,
    address: sample => {
      current = sample.sent().shared?.metainfo.infoHash ?? '';
    },
    bytes: async () => {
      // The figures are up to a second old; a new message brings a new list of peers.
      const last = seed.stats(current)?.peers;
      await until('new figures', () => seed.stats(current)?.peers !== last);
      return seed.stats(current)?.sent ?? 0;
    },
    isIdle: () => true,
    lie: async (isToLie, sample) => {
      if (isToLie === isLying) return;
      isLying = isToLie;
      await sender.withdraw(sample.sent());
      for (const file of sample.sent().files('bt')) await flip(join(sample.layout.packagePath, file));
      await sender.publish(sample.sent(), new AbortController().signal);
    },
    holdAfter: bytes => seed.setLimits(null, bytes === undefined ? null : HELD_RATE),
    stop: async () => {
      await seed.stop();
      await leech.stop();
      await tracker.stop();
    },
  };
}

/** Twice is as if nothing had been. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at += FLIP_EVERY) bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
