import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../src/core/units.ts';
import { assertSameTree } from '../e2e/packages.ts';
import type { TestNode } from '../e2e/nodes.ts';
import { SourceProxy } from '../transports/source-proxy.ts';
import { atEnd } from './at-end.ts';
import { type Bench, mustBe, type Row } from './bench.ts';
import { missing, run, timed } from './program.ts';
import { Site, reached } from './site.ts';
import { median } from './statistics.ts';

const GIB = 1024 ** 3;
/** The ledger is made durable every second; what was in flight with four connections is on top. */
const CHECKPOINT_MS = 1500;
/** Bytes that a fetch over HTTP holds in memory at most, not yet verified. */
const IN_FLIGHT = 64 * 1024 ** 2;
const MOST_OF_A_CHECK = 0.1;

/** P12: the receiver is killed half-way and started again, against the full check that others make then. */
export const p12: Bench = {
  name: 'p12',
  title: 'restart after kill -9 half-way',
  async *run({ size = 10 * GIB, files, rounds }) {
    const site = await Site.open();
    const proxy = new SourceProxy();
    const stop = atEnd(() => proxy.stop());
    try {
      await proxy.start();
      proxy.upstream = Number(new URL(site.fleet.originUrl).port);
      await site.write('film', 'feature', size, files);
      await site.publish('film', '0:0:1');
      const all: Restart[] = [];
      for (let round = 0; round < rounds; round++) all.push(await restarted(site, proxy, size));
      yield* rows(`feature, ${formatBytes(size)}`, all);
    } finally {
      stop();
      await site.close();
      await proxy.stop();
    }
  },
};

interface Restart {
  /** Seconds from the start of the daemon to the first new byte. */
  readonly firstByte: number;
  /** Bytes that were fetched twice. */
  readonly again: number;
  /** Bytes that the daemon read from files and sockets until then, its own program included. */
  readonly read: number;
  /** Seconds of a full check of the same half by aria2, undefined without it. */
  readonly check: number | undefined;
}

async function restarted(site: Site, proxy: SourceProxy, size: number): Promise<Restart> {
  const { fleet } = site;
  const task = (await readFile(fleet.taskPath('film'), 'utf8')).replaceAll(fleet.originUrl, proxy.url);
  const receiver = await site.receiver();
  const before = proxy.bytes;
  proxy.holdAfter(Math.round(size / 2));
  await fleet.recv(receiver, 'film', task);
  await reached(() => Promise.resolve(proxy.bytes - before >= size / 2));
  await delay(CHECKPOINT_MS);
  await receiver.end('SIGKILL');
  const check = missing('aria2c') === undefined ? await fullCheck(site, receiver) : undefined;
  await reached(() => Promise.resolve(proxy.open === 0));
  proxy.release();
  const half = proxy.bytes;
  const { firstByte, read } = await firstNewByte(receiver, () => proxy.bytes > half);
  await site.finished(receiver, 'film');
  const again = proxy.bytes - before - size;
  await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  await site.remove(receiver);
  return { firstByte, again, read, check };
}

async function firstNewByte(receiver: TestNode, isThere: () => boolean): Promise<{ firstByte: number; read: number }> {
  let read = 0;
  const firstByte = await timed(async () => {
    const started = receiver.start();
    await reached(() => Promise.resolve(isThere()));
    read = Number(/^rchar: (\d+)/.exec(await readFile(`/proc/${receiver.pid}/io`, 'utf8'))?.[1]);
    await started;
  });
  return { firstByte, read };
}

/** What aria2 does with half a package that it finds: it reads all of it. */
async function fullCheck({ fleet }: Site, receiver: TestNode): Promise<number> {
  const copy = join(fleet.root, 'half');
  const staged = await stagedPackage(receiver);
  await cp(staged, join(copy, 'film'), { recursive: true });
  try {
    const torrent = `${fleet.packagePath('film')}.torrent`;
    const only = ['--check-integrity=true', '--hash-check-only=true', '--enable-dht=false'];
    return await timed(() =>
      run('aria2c', ['--quiet', '--no-conf', '--file-allocation=none', `--dir=${copy}`, ...only, torrent]).catch(
        // It says so when something is missing: half of it is.
        (error: unknown) => assert.match(String(error), /ended with \d+/),
      ),
    );
  } finally {
    await rm(copy, { recursive: true });
  }
}

async function stagedPackage(receiver: TestNode): Promise<string> {
  const transfer = join(receiver.root, 'transfer');
  const picture = (await readdir(transfer, { recursive: true })).find(path => basename(path) === 'picture.mxf');
  assert.ok(picture, 'half of the package is there');
  return dirname(join(transfer, picture));
}

function rows(of: string, all: readonly Restart[]): Row[] {
  const firstBytes = all.map(({ firstByte }) => firstByte);
  const checks = all.map(({ check }) => check).filter(check => check !== undefined);
  const share = median(all.map(({ firstByte, check = Number.NaN }) => firstByte / check));
  const goal = { text: `≤ ${MOST_OF_A_CHECK} × a full check`, isMet: share <= MOST_OF_A_CHECK };
  const aria2: Row = { of, what: 'full check by aria2c', unit: 's', samples: checks };
  return [
    { of, what: 'ours: start to first new byte', unit: 's', samples: firstBytes },
    checks.length > 0 ? { ...aria2, ratio: share, goal } : { ...aria2, remark: missing('aria2c') ?? '' },
    { of, what: 'ours: read until then', unit: 'bytes', samples: all.map(({ read }) => read) },
    {
      of,
      what: 'ours: fetched twice',
      unit: 'bytes',
      samples: all.map(({ again }) => again),
      goal: mustBe('what was in flight', median(all.map(({ again }) => again)) <= IN_FLIGHT),
    },
  ];
}
