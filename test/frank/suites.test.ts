import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode } from '../e2e/nodes.ts';
import { assertSameTree, SMALL, writePackage } from '../e2e/packages.ts';
import { nodeEnv, script } from '../shell/scripts.ts';

const MIB = 1024 * 1024;
const ZDS = 'zds_3d_ADV_F_CMN-CMN_CN-G_20-CMN_2K_20160827__i3D_OV';
const ALL_DAY = '00:00-23:59';

describe('the original test suites', () => {
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ bttime: ALL_DAY, obstime: ALL_DAY, cdntime: ALL_DAY });
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    const xiaofang = { 'v.mxf': 9 * MIB, 'a.mxf': 8 * MIB, 's.mxf': 7 * MIB + 3, 'cpl.xml': 1000 };
    await writePackage(join(fleet.sender.root, 'dcp', 'cfec-002', 'dcps', 'xiaofang'), xiaofang);
    await writePackage(fleet.packagePath('xiaofang2'), SMALL);
    // Large enough to be still in the making when the next request asks.
    await writePackage(fleet.packagePath('xiaofang4'), { '1.mxf': 20 * MIB, '2.mxf': 20 * MIB, '3.mxf': 20 * MIB });
    await writePackage(fleet.packagePath(ZDS), { ...SMALL, 'sub/e f.xml': 5000 });
    receiver = await fleet.node('receiver', 'receiver');
    await mkdir(String(receiver.config.basedatapath), { recursive: true });
    await writeFile(join(String(receiver.config.basedatapath), '.bft2-testroot'), '');
  });
  after(() => fleet.close());

  const passes = async (name: string, node: TestNode, ...args: string[]) => {
    const { code, out, err } = await script(name, args, nodeEnv(node));
    assert.equal(code, 0, `${name}\n${out}\n${err}`);
    assert.match(out, new RegExp(`== ${name}: all passed\n$`));
  };

  const pass = async () => {
    await passes('testapi', fleet.sender);
    await passes('testapi2', receiver, fleet.originUrl);
    await passes('testapi-repeated', receiver, fleet.originUrl);
    const stored = (name: string) => join(receiver.root, 'dcp', name);
    for (const name of ['xiaofang2', 'xiaofang4', ZDS]) await assertSameTree(stored(name), fleet.packagePath(name));
  };

  it('pass at a sender and a receiver from nothing, and once more on what is there then (BF-01 … BF-25)', async function () {
    this.timeout(400_000);
    await pass();
    await pass();
  });
});
