// `npm run bench`: this software against others on this machine. docs/PERFORMANCE.md says what the figures mean.
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { UsageFailure } from '../../src/demo/failure.ts';
import { formatBytes } from '../../src/core/units.ts';
import { closeAll } from './at-end.ts';
import type { Bench, Row } from './bench.ts';
import { firstLine } from './race.ts';
import { type Section, sectionText, writeSections } from './document.ts';
import { describeMachine } from './machine.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { hashKills } from './hash-kills.ts';
import { p1 } from './p1-make.ts';
import { p2 } from './p2-cdn.ts';
import { p3 } from './p3-bt.ts';
import { p4 } from './p4-obs.ts';
import { p8 } from './p8-avoid-repeat.ts';
import { p9 } from './p9-latency.ts';
import { p10 } from './p10-memory.ts';
import { p11 } from './p11-hash-table.ts';
import { p12 } from './p12-restart.ts';
import { wrongBytes } from './wrong-bytes.ts';
import { kills } from './kills.ts';
import { p10Large, p10Sparse } from './p10-long.ts';
import { swarm } from './swarm-bench.ts';
import { plainTable } from './table.ts';

const FAILED = 'failed';
const BENCHES: readonly Bench[] = [
  p1,
  p2,
  p3,
  p4,
  p8,
  p9,
  p10,
  p11,
  p12,
  swarm,
  kills,
  hashKills,
  wrongBytes,
  p10Large,
  p10Sparse,
];

function chosen({ names }: Options): readonly Bench[] {
  if (names.length === 0) return BENCHES.filter(({ isLong = false }) => !isLong);
  return names.map(name => {
    const bench = BENCHES.find(bench => bench.name === name);
    if (!bench) throw new UsageFailure(`there is no bench ${name}: ${BENCHES.map(({ name }) => name).join(', ')}`);
    return bench;
  });
}

async function measure(bench: Bench, options: Options): Promise<Section> {
  const size = options.size === undefined ? '' : `, --size ${formatBytes(options.size)}`;
  const day = new Date().toISOString().slice(0, 10);
  const run = `${describeMachine(tmpdir())}; --rounds ${options.rounds}${size}; ${day}`;
  process.stderr.write(`${bench.name}: ${bench.title} (${run})\n`);
  const rows: Row[] = [];
  try {
    for await (const row of bench.run(options)) rows.push(row);
  } catch (error) {
    // What was measured before is worth reading.
    console.error(`${bench.name} failed:`, error);
    rows.push({ of: FAILED, what: '', unit: 'count', samples: [], remark: firstLine(error) });
  } finally {
    await closeAll();
  }
  if (!options.markdown) process.stdout.write(`${bench.name}: ${bench.title}\n${plainTable(rows)}\n\n`);
  return { bench, rows, run };
}

/** False when something could not be measured; the others are measured all the same. */
async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') return process.stdout.write(HELP);
  if (options.list)
    return process.stdout.write(BENCHES.map(({ name, title }) => `${name.padEnd(12)} ${title}\n`).join(''));
  if (options.dir !== undefined) process.env.TMPDIR = options.dir;
  const sections: Section[] = [];
  for (const bench of chosen(options)) sections.push(await measure(bench, options));
  if (options.markdown) process.stdout.write(`${sections.map(sectionText).join('\n\n')}\n`);
  if (options.write) await writeSections(sections);
  if (options.json !== undefined) {
    const plain = sections.map(({ bench: { name, title }, run, rows }) => ({ name, title, run, rows }));
    await writeFile(options.json, `${JSON.stringify(plain, null, 2)}\n`);
  }
  return sections.every(({ rows }) => rows.every(({ of }) => of !== FAILED));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void closeAll().finally(() => process.exit(1)));
}
try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UsageFailure ? error.message : error);
  process.exitCode = 2;
}
