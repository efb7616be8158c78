// `node test/bench/swarm.ts [--size MIB] [--receivers N] [--rate MIB] [--piece KIB] [--rounds N] [--json]`: how well receivers help a sender whose line is narrow. A
// seed and its receivers in network namespaces (root); the seed's line is capped, the others' are not. Ideal: the seed sends every byte once.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildTorrent } from '../../src/torrent/build.ts';
import { Namespaces } from './namespaces.ts';
import type { Outcome } from './swarm-member.ts';
import { SwarmProcess } from './swarm-process.ts';

const MIB = 1024 * 1024;
const TRACKER_PORT = 6969;
/** The seed's figures are up to a second old. */
const SETTLE_MS = 1500;

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '256' },
    receivers: { type: 'string', default: '4' },
    rate: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '1' },
    // What a package of this size has.
    piece: { type: 'string', default: '256' },
    json: { type: 'boolean', default: false },
  },
});
const { size, receivers, rate, rounds, pieceKib } = {
  size: Number(values.size),
  receivers: Number(values.receivers),
  rate: Number(values.rate),
  rounds: Number(values.rounds),
  pieceKib: Number(values.piece),
};

interface Round {
  /** Until the last one had all. */
  readonly seconds: number;
  readonly idealSeconds: number;
  /** What the seed sent, as a multiple of the package. */
  readonly copies: number;
  readonly wasted: number;
}

async function makePackage(directory: string, announce: string): Promise<string> {
  const length = size * MIB;
  const pieceLength = pieceKib * 1024;
  const pieces: Buffer[] = [];
  await mkdir(join(directory, 'seed'));
  const handle = await open(join(directory, 'seed', 'a.mxf'), 'w');
  for (let at = 0; at < length; at += pieceLength) {
    const piece = randomBytes(Math.min(pieceLength, length - at));
    await handle.write(piece);
    pieces.push(createHash('sha1').update(piece).digest());
  }
  await handle.close();
  const torrentPath = join(directory, 'swarm.torrent');
  const files = [{ path: 'a.mxf', size: length }];
  const parts = { name: 'swarm', pieceLength, pieces: Buffer.concat(pieces), files, tracker: announce };
  await writeFile(torrentPath, buildTorrent(parts));
  return torrentPath;
}

async function run(): Promise<Round> {
  const directory = await mkdtemp(join(tmpdir(), 'bft2-swarm-'));
  const namespaces = new Namespaces();
  const processes: SwarmProcess[] = [];
  try {
    const line = namespaces.add(rate * MIB);
    const torrentPath = await makePackage(directory, `http://${line.host}:${TRACKER_PORT}/announce`);
    const shared = { torrentPath, trackerPort: TRACKER_PORT };
    const seed = { ...shared, directory: join(directory, 'seed'), isSeed: true, host: line.host };
    processes.push(new SwarmProcess(line.name, seed));
    for (let number = 0; number < receivers; number++) {
      const { name, host } = namespaces.add();
      processes.push(
        new SwarmProcess(name, { ...shared, directory: join(directory, `r${number}`), isSeed: false, host }),
      );
    }
    for (const process of processes) await process.next();
    for (const process of processes) process.go();
    for (const process of processes) await process.next();
    await delay(SETTLE_MS);
    for (const process of processes) process.finish();
    const outcomes = (await Promise.all(processes.map(process => process.next()))) as Outcome[];
    await checkCopies(directory);
    return summary(outcomes);
  } finally {
    await Promise.all(processes.map(process => process.end()));
    namespaces.remove();
    await rm(directory, { recursive: true, force: true });
  }
}

function summary([seed, ...others]: Outcome[]): Round {
  return {
    seconds: Math.max(...others.map(({ seconds }) => seconds)),
    idealSeconds: size / rate,
    copies: (seed?.sent ?? 0) / (size * MIB),
    wasted: others.reduce((sum, { wasted }) => sum + wasted, 0),
  };
}

async function checkCopies(directory: string): Promise<void> {
  const sent = await readFile(join(directory, 'seed', 'a.mxf'));
  for (const name of await readdir(directory)) {
    const path = join(directory, name, 'a.mxf');
    if (!(await stat(join(directory, name))).isDirectory()) continue;
    if (Buffer.compare(await readFile(path), sent) !== 0) throw new Error(`${path} is not what was sent`);
  }
}

const results: Round[] = [];
for (let round = 0; round < rounds; round++) {
  const result = await run();
  results.push(result);
  if (values.json) continue;
  const { seconds, idealSeconds, copies } = result;
  console.log(
    `${size} MiB to ${receivers} receivers, seed capped at ${rate} MiB/s: ${seconds.toFixed(1)} s (ideal ${idealSeconds.toFixed(1)} s), the seed sent ${copies.toFixed(2)} copies`,
  );
}
if (values.json) console.log(JSON.stringify({ size, receivers, rate, results }));
