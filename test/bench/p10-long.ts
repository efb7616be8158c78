import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../src/core/units.ts';
import { assertSameTree } from '../e2e/packages.ts';
import type { TestNode } from '../e2e/nodes.ts';
import { type Bench, mustBe, type Row } from './bench.ts';
import { probeLatency } from './latency.ts';
import { memoryOf, peakRows } from './memory.ts';
import { latencyRows } from './p9-latency.ts';
import { shapeFiles } from './shapes.ts';
import { reached, Site } from './site.ts';
import { MemoryWatch } from './memory-watch.ts';

const GIB = 1024 ** 3;
const MINUTE_MS = 60_000;

/** A large package of random bytes, all the way by all three methods. */
export const p10Large: Bench = {
  name: 'p10-10g',
  title: 'a large package, whole, by all three methods',
  isLong: true,
  async *run({ size = 10 * GIB, files }) {
    const site = await Site.open();
    try {
      const of = `six-reel, ${formatBytes(size)}, 1:1:1`;
      await site.write('film', 'six-reel', size, files);
      yield { of, what: 'make the task', unit: 's', samples: [await site.make('film', '1:1:1')] };
      yield { of, what: 'send, until ready', unit: 's', samples: [await site.send('film')] };
      const receiver = await site.receiver();
      const watch = new MemoryWatch({ sender: site.fleet.sender, receiver });
      yield { of, what: 'receive, until .finished', unit: 's', samples: [await site.receive(receiver, 'film')] };
      yield* watch.rows(of);
      yield* await allPeaks(of, site, receiver);
      await assertSameTree(join(receiver.root, 'dcp', 'film'), site.fleet.packagePath('film'));
      yield { of, what: 'byte for byte', unit: 'count', samples: [1], goal: mustBe('the same tree', true) };
    } finally {
      await site.close();
    }
  },
};

/** A package of holes, larger than the disk: a receiver takes it for some minutes and is told to stop then. */
export const p10Sparse: Bench = {
  name: 'p10-sparse',
  title: 'a sparse package of 300 GB for some minutes, then cancelled',
  isLong: true,
  async *run({ size = 300 * 1000 ** 3, minutes }) {
    const site = await Site.open();
    try {
      const of = `six-reel of holes, ${formatBytes(size)}, 1:0:1`;
      await writeHoles(site.fleet.packagePath('film'), size);
      yield { of, what: 'make the task', unit: 's', samples: [await site.make('film', '1:0:1')] };
      await site.send('film');
      // Holes stay holes: it needs no room.
      const receiver = await site.receiver({ checkroom: false });
      yield* await someMinutes(of, site, receiver, minutes * MINUTE_MS);
    } finally {
      await site.close();
    }
  },
};

async function someMinutes(of: string, site: Site, receiver: TestNode, ms: number): Promise<Row[]> {
  const over = new AbortController();
  await site.fleet.recv(receiver, 'film');
  const watch = new MemoryWatch({ sender: site.fleet.sender, receiver });
  const probing = probeLatency(receiver, 'film', over.signal);
  await Promise.race([delay(ms, undefined, { ref: false }), site.finished(receiver, 'film')]);
  over.abort();
  const latencies = await probing;
  const { downloaded } = await site.progress(receiver, 'film');
  const rows = [
    { of, what: 'verified in that time', unit: 'bytes' as const, samples: [Number(downloaded)] },
    ...watch.rows(of),
    ...(await allPeaks(of, site, receiver)),
    ...latencyRows(of, [latencies]),
  ];
  return [...rows, await cancelled(of, receiver)];
}

/** Seconds until nothing of it is left. */
async function cancelled(of: string, receiver: TestNode): Promise<Row> {
  const before = await stagedFiles(receiver);
  const began = performance.now();
  await receiver.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
  await reached(async () => (await stagedFiles(receiver)) === 0);
  const samples = [(performance.now() - began) / 1000];
  const goal = mustBe('nothing is left', before > 0);
  return { of, what: 'cancel, until its files are gone', unit: 's', samples, goal, remark: `${before} files` };
}

async function stagedFiles(receiver: TestNode): Promise<number> {
  const found = await readdir(join(receiver.root, 'transfer'), { recursive: true });
  return found.filter(path => path.endsWith('.mxf')).length;
}

async function allPeaks(of: string, site: Site, receiver: TestNode): Promise<Row[]> {
  return [
    ...peakRows(of, 'sender', await memoryOf(site.fleet.sender)),
    ...peakRows(of, 'receiver', await memoryOf(receiver)),
  ];
}

async function writeHoles(root: string, size: number): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [path, length] of Object.entries(shapeFiles('six-reel', size, 0))) {
    const handle = await open(join(root, path), 'w');
    await handle.truncate(length);
    await handle.close();
  }
}
