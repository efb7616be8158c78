import { formatBytes } from '../../src/core/units.ts';
import type { Bench, Row } from './bench.ts';
import { memoryOf, peakRows } from './memory.ts';
import type { Shape } from './shapes.ts';
import { Site } from './site.ts';

const GIB = 1024 ** 3;
const TENFOLD = 10;
const TORRENTS = 100;
const TORRENT_BYTES = 4 * 1024 * 1024;

/** P10: memory of every process, over the size of the package, the number of its files and the number of torrents. */
export const p10: Bench = {
  name: 'p10',
  title: 'memory per process',
  async *run({ size = GIB, files }) {
    yield* await moved('six-reel', size, files);
    yield* await moved('six-reel', TENFOLD * size, files);
    yield* await moved('many', size, files);
    yield* await seeded(TORRENTS);
  },
};

/** All processes while one package goes all the way by all methods. */
async function moved(shape: Shape, size: number, files: number): Promise<Row[]> {
  const site = await Site.open();
  try {
    await site.write('film', shape, size, files);
    await site.publish('film', '1:1:1');
    const receiver = await site.receiver();
    await site.receive(receiver, 'film');
    const of = `${shape}, ${formatBytes(size)}, 1:1:1`;
    const { sender } = site.fleet;
    return [...peakRows(of, 'sender', await memoryOf(sender)), ...peakRows(of, 'receiver', await memoryOf(receiver))];
  } finally {
    await site.close();
  }
}

/** A sender that serves many torrents, one of which is fetched. */
async function seeded(torrents: number): Promise<Row[]> {
  const site = await Site.open();
  try {
    for (let index = 0; index < torrents; index++) {
      await site.write(`film-${index}`, 'feature', TORRENT_BYTES, 0);
      await site.publish(`film-${index}`, '1:0:0');
    }
    await site.receiveOnce('film-0');
    return peakRows(`${torrents} torrents served`, 'sender', await memoryOf(site.fleet.sender));
  } finally {
    await site.close();
  }
}
