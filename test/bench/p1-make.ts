import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { formatBytes } from '../../src/core/units.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import type { Bench, Row } from './bench.ts';
import type { Options } from './options.ts';
import { run, timed } from './program.ts';
import { race } from './race.ts';
import { SHAPES, type Shape } from './shapes.ts';
import { Site } from './site.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
/** Bt has the large files, so that the `-tmp` torrent is nearly as long as the full one. */
const RATIO = '98:1:1';
const SAMPLE_BYTES = 512 * MIB;
const SHA1_HEX = /.{40}/g;

/** P1: one task with its two torrents and the SHA-1 of every file; page cache warm. */
export const p1: Bench = {
  name: 'p1',
  title: 'make a task: file hashes, full torrent, -tmp torrent',
  async *run(options) {
    for (const shape of options.shapes ?? SHAPES) yield* await makeShape(shape, options.size ?? 2 * GIB, options);
  },
};

async function makeShape(shape: Shape, size: number, { files, rounds }: Options): Promise<Row[]> {
  const site = await Site.open();
  try {
    await site.write('film', shape, size, files);
    const package_ = await measured(site);
    const floor = { name: 'floor: all cores hash, nothing else', run: async () => package_.hashed / hashRate() };
    const ours = { name: 'ours', run: () => makeOnce(site) };
    const pipeline = {
      name: 'sha1sum + mktorrent × 2',
      peer: 'mktorrent' as const,
      goal: { faster: 1.5 },
      run: () => makeByPipeline(site, package_),
    };
    const of = `${shape}, ${formatBytes(size)}, ${(package_.hashed / package_.size).toFixed(2)} hashes per byte`;
    const contestants = [ours, pipeline, { ...floor, goal: { faster: 0.85 } }];
    return await race(contestants, { of, rounds, directory: site.fleet.root });
  } finally {
    await site.close();
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface Measured {
  readonly root: string;
  readonly btFiles: readonly string[];
  readonly size: number;
  readonly pieceLength: number;
  readonly btPieceLength: number;
  /** Bytes that must go through SHA-1: whole pieces that both torrents have in common only once. */
  readonly hashed: number;
}

/** Makes the task once, for what it says of bt's share and of the pieces. */
async function measured(site: Site): Promise<Measured> {
  await site.make('film', RATIO);
  const root = site.fleet.packagePath('film');
  const task = JSON.parse(await readFile(site.fleet.taskPath('film'), 'utf8')) as { btlist: string[]; size: number };
  const torrents = [`${root}.torrent`, join(dirname(dirname(root)), 'dcps-tmp', 'film-tmp.torrent')];
  const [full, tmp] = await Promise.all(torrents.map(async path => parseTorrent(await readFile(path), path)));
  if (!full || !tmp) throw new TypeError('there are two torrents');
  const known = new Set(hex(full.pieces).match(SHA1_HEX));
  const own =
    hex(tmp.pieces)
      .match(SHA1_HEX)
      ?.filter(piece => !known.has(piece)).length ?? 0;
  const lengths = { pieceLength: full.pieceLength, btPieceLength: tmp.pieceLength };
  return { root, btFiles: task.btlist, size: task.size, ...lengths, hashed: 2 * task.size + own * tmp.pieceLength };
}

/** The sender makes the task from nothing. */
async function makeOnce(site: Site): Promise<number> {
  const { fleet } = site;
  const root = fleet.packagePath('film');
  for (const path of [fleet.taskPath('film'), `${root}.torrent`, join(dirname(dirname(root)), 'dcps-tmp')])
    await rm(path, { recursive: true, force: true });
  return await site.make('film', RATIO);
}

async function makeByPipeline(site: Site, { root, btFiles, pieceLength, btPieceLength }: Measured): Promise<number> {
  const out = join(site.fleet.root, 'pipeline');
  await rm(out, { recursive: true, force: true });
  for (const file of btFiles) await mkdir(dirname(join(out, 'film', file)), { recursive: true });
  for (const file of btFiles) await run('ln', [join(root, file), join(out, 'film', file)]);
  const torrent = (from: string, name: string, length: number) =>
    run('mktorrent', [
      '-t',
      String(availableParallelism()),
      '-l',
      String(Math.log2(length)),
      '-o',
      join(out, name),
      from,
    ]);
  const time = await timed(async () => {
    await run('sh', ['-c', 'find "$0" -type f -print0 | xargs -0 sha1sum > "$1"', root, join(out, 'sums')]);
    await torrent(root, 'film.torrent', pieceLength);
    await torrent(join(out, 'film'), 'film-tmp.torrent', btPieceLength);
  });
  await stat(join(out, 'film-tmp.torrent'));
  return time;
}

/** Bytes per second that all cores together could hash, from what one does now. */
function hashRate(): number {
  const block = randomBytes(MIB);
  const hash = createHash('sha1');
  const began = performance.now();
  for (let done = 0; done < SAMPLE_BYTES; done += MIB) hash.update(block);
  return (availableParallelism() * SAMPLE_BYTES * 1000) / (performance.now() - began);
}
