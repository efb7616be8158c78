import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatBytes } from '../../src/core/units.ts';
import type { Bench, Row } from './bench.ts';
import { canReflink, mountXfs } from './file-system.ts';
import type { Options } from './options.ts';
import { run, timed } from './program.ts';
import { race } from './race.ts';
import type { Shape } from './shapes.ts';
import { Site } from './site.ts';

const GIB = 1024 ** 3;

/** P8: a package of which the receiver has every file, under another name. */
export const p8: Bench = {
  name: 'p8',
  title: 'avoid repeat: everything is here already',
  async *run(options) {
    const size = options.size ?? GIB;
    for (const shape of options.shapes ?? (['feature', 'many'] as const)) {
      yield* await copyShape(shape, size, options, tmpdir(), 'the work disk');
      yield* await onXfs(shape, size, options);
    }
  },
};

async function onXfs(shape: Shape, size: number, options: Options): Promise<Row[]> {
  try {
    const mounted = await mountXfs(await mkdtemp(join(tmpdir(), 'bftv2-bench-')), size);
    return await copyShape(shape, size, options, mounted, 'XFS in a file');
  } catch (error) {
    const remark = `cannot be mounted here: ${error instanceof Error ? error.message : String(error)}`;
    return [{ of: `${shape}, XFS in a file`, what: 'ours', unit: 's', samples: [], remark }];
  }
}

async function copyShape(
  shape: Shape,
  size: number,
  { files, rounds }: Options,
  directory: string,
  disk: string,
): Promise<Row[]> {
  const site = await Site.open({}, directory);
  try {
    await site.write('film', shape, size, files);
    await site.publish('film', '0:0:1');
    const receiver = await site.receiver();
    await site.receive(receiver, 'film');
    const stored = (name: string) => join(receiver.root, 'dcp', name);
    const ours = {
      name: 'ours',
      async run(round: number) {
        const name = `film-${round}`;
        await site.link('film', name);
        await site.make(name, '0:0:1');
        const time = await site.receive(receiver, name);
        await rm(stored(name), { recursive: true });
        return time;
      },
    };
    const copy = (to: string) => run('cp', ['--recursive', '--reflink=auto', stored('film'), to]);
    const peer = (name: string, more: (to: string) => Promise<void>) => ({
      name,
      async run() {
        const to = join(site.fleet.root, 'copy');
        const time = await timed(async () => {
          await copy(to);
          await more(to);
        });
        await rm(to, { recursive: true });
        return time;
      },
    });
    const of = `${shape}, ${formatBytes(size)}, ${disk} (${(await canReflink(directory)) ? 'reflink' : 'no reflink'})`;
    const contestants = [
      ours,
      { ...peer('cp --reflink=auto', async () => {}), goal: { longer: 1.1 } },
      { ...peer('cp --reflink=auto, then sync', to => run('sync', ['--file-system', to])), goal: { longer: 1.1 } },
    ];
    return await race(contestants, { of, rounds, directory });
  } finally {
    await site.close();
  }
}
