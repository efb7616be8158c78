import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { formatBytes } from '../../src/core/units.ts';
import { type Bench, mustBe, type Row } from './bench.ts';
import { median } from './statistics.ts';

const MAIN = new URL('swarm.ts', import.meta.url).pathname;
const MIB = 1024 ** 2;
const MOST_SECONDS_OF_IDEAL = 1.29;
const MOST_COPIES = 1.3;

interface Printed {
  readonly receivers: number;
  readonly rate: number;
  readonly results: readonly { readonly seconds: number; readonly idealSeconds: number; readonly copies: number }[];
}

/** Receivers that help a sender with a narrow line: `swarm.ts`, a program of its own, in network namespaces. */
export const swarm: Bench = {
  name: 'swarm',
  title: 'a seed with a narrow line and several receivers',
  async *run({ size = 256 * MIB, rounds }) {
    const of = `${formatBytes(size)} by bt`;
    if (process.getuid?.() !== 0) {
      yield { of, what: 'last receiver done', unit: 's', samples: [], remark: 'needs root for network namespaces' };
      return;
    }
    const args = [MAIN, '--json', '--size', String(Math.round(size / MIB)), '--rounds', String(rounds)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    yield* rows(of, JSON.parse(stdout) as Printed);
  },
};

function rows(of: string, { receivers, rate, results }: Printed): Row[] {
  const times = results.map(({ seconds }) => seconds);
  const copies = results.map(({ copies }) => copies);
  const ratio = median(results.map(({ seconds, idealSeconds }) => seconds / idealSeconds));
  const swarm = `${of}, seed capped at ${rate} MiB/s, ${receivers} receivers`;
  const inTime = mustBe(`≤ ${MOST_SECONDS_OF_IDEAL} × the ideal`, ratio <= MOST_SECONDS_OF_IDEAL);
  const few = mustBe(`≤ ${MOST_COPIES} copies`, median(copies) <= MOST_COPIES);
  return [
    { of: swarm, what: 'last receiver done', unit: 's', samples: times, ratio, goal: inTime },
    { of: swarm, what: 'copies that the seed sent', unit: 'copies', samples: copies, goal: few },
  ];
}
