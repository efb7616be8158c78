import { join } from 'node:path';
import { formatBytes } from '../../src/core/units.ts';
import type { Bench, Row } from './bench.ts';
import type { Options } from './options.ts';
import { race } from './race.ts';
import type { Shape } from './shapes.ts';
import { Site } from './site.ts';
import { TorrentClients } from './torrent-clients.ts';

const GIB = 1024 ** 3;

/** P3: our sender is the only seed; everybody finds it through its tracker. */
export const p3: Bench = {
  name: 'p3',
  title: 'receive over bt from one seed',
  async *run(options) {
    for (const shape of options.shapes ?? (['feature'] as const))
      yield* await receiveShape(shape, options.size ?? GIB, options);
  },
};

async function receiveShape(shape: Shape, size: number, { files, rounds }: Options): Promise<Row[]> {
  const site = await Site.open();
  try {
    await site.write('film', shape, size, files);
    await site.publish('film', '1:0:0');
    const clients = new TorrentClients(join(site.fleet.root, 'clients'), `${site.fleet.packagePath('film')}.torrent`);
    const of = `${shape}, ${formatBytes(size)}`;
    const goal = { faster: 1 };
    const contestants = [
      { name: 'ours', run: () => site.receiveOnce('film') },
      { name: 'libtorrent', peer: 'libtorrent' as const, goal, run: () => clients.libtorrent() },
      { name: 'aria2c', peer: 'aria2c' as const, goal, run: () => clients.aria2() },
      { name: 'transmission-cli', peer: 'transmission-cli' as const, goal, run: () => clients.transmission() },
    ];
    return await race(contestants, { of, rounds, directory: site.fleet.root });
  } finally {
    await site.close();
  }
}
