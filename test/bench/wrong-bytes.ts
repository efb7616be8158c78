import { join } from 'node:path';
import { assertSameTree } from '../e2e/packages.ts';
import { WrongBytes } from '../fault/wrong-bytes.ts';
import { atEnd } from './at-end.ts';
import { type Bench, mustBe, type Row } from './bench.ts';
import { shapeFiles } from './shapes.ts';
import { writePackage } from '../e2e/packages.ts';

const MIB = 1024 ** 2;
const METHODS = 3;

/** Wrong bytes in pieces of their own: from a proxy before the CDN, one before the bucket, and peers that lie. */
export const wrongBytes: Bench = {
  name: 'wrong-bytes',
  title: 'wrong bytes from every side; the package arrives right',
  isLong: true,
  async *run({ size = 256 * MIB, count = 1000 }) {
    const site = await WrongBytes.open();
    const forget = atEnd(() => site.close());
    try {
      await writePackage(site.fleet.packagePath('film'), shapeFiles('six-reel', size, 0));
      const receiver = await site.fleet.node('receiver', 'receiver', { loglevel: 'info' });
      const verdicts = await site.receive(receiver, Math.ceil(count / METHODS));
      await assertSameTree(join(receiver.root, 'dcp', 'film'), site.fleet.packagePath('film'));
      for (const { method, planted, plantedBytes, said } of verdicts) {
        const blamed = Object.entries(said.wastedby).filter(([source]) => source !== '?');
        const row = (what: string, unit: Row['unit'], value: number, goal: Row['goal']): Row => ({
          of: method,
          what,
          unit,
          samples: [value],
          ...(goal ? { goal } : {}),
        });
        yield row('wrong bytes that were sent', 'count', planted, undefined);
        yield row('refused', 'bytes', said.wasted, mustBe('all of their pieces', said.wasted === plantedBytes));
        const blamedBytes = blamed.reduce((sum, [, bytes]) => sum + bytes, 0);
        yield row('blamed on their senders', 'bytes', blamedBytes, mustBe('all of them', blamedBytes === plantedBytes));
      }
    } finally {
      forget();
      await site.close();
    }
  },
};
