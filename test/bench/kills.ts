import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../src/core/units.ts';
import { assertSameTree } from '../e2e/packages.ts';
import type { TestNode } from '../e2e/nodes.ts';
import { SourceProxy } from '../transports/source-proxy.ts';
import { atEnd } from './at-end.ts';
import type { Bench } from './bench.ts';
import { KillLedger } from './kill-ledger.ts';
import { enginePid } from './memory.ts';
import { timed } from './program.ts';
import { isThere, Site } from './site.ts';

const MIB = 1024 ** 2;
/** The process that dies: mostly the receiver itself. */
const VICTIMS = ['receiver', 'receiver', 'receiver', 'receiver engine', 'sender', 'sender engine'] as const;
const LIFE_MS = { least: 300, most: 1500 };

/** kill -9 at random moments while a package comes by all three methods, over and over until there were enough of them. */
export const kills: Bench = {
  name: 'kills',
  title: 'kill -9 at random moments of a transfer by all three methods',
  isLong: true,
  async *run({ size = 1024 * MIB, files, count = 100 }) {
    const proxies = { cdn: new SourceProxy(), obs: new SourceProxy() };
    await Promise.all(Object.values(proxies).map(proxy => proxy.start()));
    const site = await Site.open({ obsendpoint: proxies.obs.url, cdnurl: proxies.cdn.url });
    const forget = atEnd(() => Promise.all(Object.values(proxies).map(proxy => proxy.stop())));
    try {
      proxies.obs.upstream = site.fleet.obsPort;
      proxies.cdn.upstream = Number(new URL(site.fleet.originUrl).port);
      await site.write('film', 'six-reel', size, files);
      await site.publish('film', '1:1:1');
      const task = await readFile(site.fleet.taskPath('film'), 'utf8');
      const ledger = new KillLedger(site, size, () => proxies.cdn.bytes + proxies.obs.bytes);
      while (ledger.kills < count) await receiveThrough(site, ledger, count, task);
      yield* ledger.rows(`six-reel, ${formatBytes(size)}, 1:1:1`);
    } finally {
      forget();
      await site.close();
      await Promise.all(Object.values(proxies).map(proxy => proxy.stop()));
    }
  },
};

/** One package from recv to the comparison, with kills until it is there or there were enough. */
async function receiveThrough(site: Site, ledger: KillLedger, count: number, task: string): Promise<void> {
  const receiver = await site.receiver();
  await site.fleet.recv(receiver, 'film', task);
  await ledger.begin();
  const isDone = () => isThere(join(receiver.root, 'dcp', 'film.finished'));
  while (ledger.kills < count) {
    await delay(randomInt(LIFE_MS.least, LIFE_MS.most));
    if (await isDone()) break;
    await kill(site, receiver, ledger);
  }
  await site.finished(receiver, 'film');
  await ledger.end();
  await assertSameTree(join(receiver.root, 'dcp', 'film'), site.fleet.packagePath('film'));
  await site.remove(receiver);
}

async function kill(site: Site, receiver: TestNode, ledger: KillLedger): Promise<void> {
  const victim = VICTIMS[randomInt(VICTIMS.length)] ?? 'receiver';
  const node = victim.startsWith('sender') ? site.fleet.sender : receiver;
  await ledger.beforeKill(victim);
  if (victim.endsWith('engine')) {
    const pid = await enginePid(node);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    return;
  }
  await node.end('SIGKILL');
  const seconds = await timed(() => node.start());
  if (node === receiver) ledger.restarted(seconds);
}
