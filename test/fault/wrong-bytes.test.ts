import assert from 'node:assert/strict';
import { join } from 'node:path';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { WrongBytes } from './wrong-bytes.ts';

const MIB = 1024 * 1024;
const FILES = {
  'a.mxf': 3 * MIB + 17,
  'b.mxf': 3 * MIB + 4097,
  'c.mxf': 3 * MIB + 1,
  'd.xml': 1453,
  'e.xml': 155,
};
const EACH = 10;

describe('wrong bytes from every side (faults 19 and 20)', () => {
  let site: WrongBytes;
  before(async () => {
    site = await WrongBytes.open();
    await writePackage(site.fleet.packagePath('film'), FILES);
  });
  after(() => site.close());

  it('30 of them, from the CDN, the bucket and peers: the package arrives right, each is counted and blamed on its sender', async () => {
    const receiver = await site.fleet.node('receiver', 'receiver', { loglevel: 'info' });
    for (const { method, planted, plantedBytes, liar, said } of await site.receive(receiver, EACH)) {
      assert.equal(planted, EACH, method);
      assert.equal(said.wasted, plantedBytes, method);
      if (liar !== undefined) assert.deepEqual(said.wastedby, { [liar]: plantedBytes });
      else assert.equal(Object.keys(said.wastedby).filter(source => source !== '?').length, EACH);
    }
    await assertSameTree(join(receiver.root, 'dcp', 'film'), site.fleet.packagePath('film'));
  });
});
