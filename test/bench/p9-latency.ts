import { formatBytes } from '../../src/core/units.ts';
import { atMost, type Bench, type Row } from './bench.ts';
import { type Latencies, probeLatency } from './latency.ts';
import { Site } from './site.ts';
import { median, quantile } from './statistics.ts';

const GIB = 1024 ** 3;
const MOST_MS = 20;

/** P9: the API of a receiver that all three methods fill at full speed. */
export const p9: Bench = {
  name: 'p9',
  title: 'the API while a package moves at full speed',
  async *run({ size = 2 * GIB, shapes: [shape] = ['six-reel'], files, rounds }) {
    const site = await Site.open();
    try {
      await site.write('film', shape ?? 'six-reel', size, files);
      await site.publish('film', '1:1:1');
      const all: Latencies[] = [];
      for (let round = 0; round < rounds; round++) all.push(await probed(site));
      yield* latencyRows(`${shape}, ${formatBytes(size)}, 1:1:1`, all);
    } finally {
      await site.close();
    }
  },
};

async function probed(site: Site): Promise<Latencies> {
  const receiver = await site.receiver();
  const arrived = new AbortController();
  const probing = probeLatency(receiver, 'film', arrived.signal);
  try {
    await site.receive(receiver, 'film');
  } finally {
    arrived.abort();
  }
  const latencies = await probing;
  await site.remove(receiver);
  return latencies;
}

/** One line per question: the 99th percentile of each round. */
export function latencyRows(of: string, all: readonly Latencies[]): Row[] {
  return (['heartbeat', 'progress'] as const).map(question => {
    const samples = all.map(latencies => quantile(latencies[question], 0.99));
    const asked = all.reduce((sum, latencies) => sum + latencies[question].length, 0);
    const goal = atMost(MOST_MS, median(samples), 'ms');
    return { of, what: `/${question}, 99th percentile`, unit: 'ms', samples, goal, remark: `${asked} asked` };
  });
}
