import assert from 'node:assert/strict';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode } from '../e2e/nodes.ts';
import { assertSameTree, SMALL, writePackage } from '../e2e/packages.ts';
import { nodeEnv, script, withFunctions } from './scripts.ts';

describe('the basic flow of an operator', function () {
  this.timeout(180_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create();
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    receiver = await fleet.node('receiver', 'receiver');
    await writePackage(fleet.packagePath('xiaofang'), SMALL);
  });
  after(() => fleet.close());

  const must = async (node: TestNode, expected: RegExp, name: string, ...args: string[]) => {
    const { code, out, err } = await script(name, args, nodeEnv(node));
    assert.equal(code, 0, out + err);
    assert.match(out, expected);
  };
  const wait = async (node: TestNode, name: string, what = 'xiaofang') => {
    const { code, err } = await withFunctions(`${name} ${what}`, [], nodeEnv(node));
    assert.equal(code, 0, err);
  };
  const downloaded = async (expected: RegExp) => {
    await wait(receiver, 'waitdownloaded');
    await must(receiver, expected, 'progress', 'xiaofang');
    await wait(receiver, 'checkdcp');
    await assertSameTree(stored(), fleet.packagePath('xiaofang'));
  };
  const stored = () => join(receiver.root, 'dcp', 'xiaofang');

  it('works step by step with the scripts (BF-28)', async () => {
    const { sender, originUrl } = fleet;
    await must(sender, /^$/, 'inithashtable', fleet.packagePath('xiaofang'));
    await must(sender, /please wait/, 'gentask', 'xiaofang', '1:1:1', 'fulltime', 'cfec-001');
    await wait(sender, 'waitfinished');
    await must(sender, /"status":"finished"/, 'query', 'xiaofang');
    await must(sender, /succeeded!/, 'send', 'xiaofang');
    await wait(sender, 'waitready');
    await must(sender, /"status":"ready"/, 'uprogress', 'xiaofang');

    // A package of that name that version 1.0 has half received.
    await writePackage(stored(), { 'a.mxf': 1000, 'of another': 10 });
    await must(receiver, /succeed!/, 'recv', 'xiaofang', 'cfec-001', 'false', originUrl);
    await downloaded(/"localsamepercent":"0.000%"/);

    // One that runs: too large to be here by then.
    await mkdir(fleet.packagePath('big'), { recursive: true });
    await writeFile(join(fleet.packagePath('big'), 'a.mxf'), '');
    await truncate(join(fleet.packagePath('big'), 'a.mxf'), 512 * 1024 ** 2);
    await fleet.publish('big', '1:0:0');
    await must(receiver, /succeed!/, 'recv', 'big', 'cfec-001', 'false', originUrl);
    await wait(receiver, 'waitstarted', 'big');
    await must(receiver, /"status":"downloading"/, 'progress', 'big');
    await must(receiver, /"desc":"succeed!"/, 'cancel', 'big');
    assert.match((await script('progress', ['big'], nodeEnv(receiver))).out, /unknown task/);
    await must(receiver, /no need to cancel/, 'cancel', 'big');

    // The table, edited by hand: what is struck out is fetched again, the rest is not.
    const table = String(receiver.config.hashtable);
    const rows = (await readFile(table, 'utf8')).split('\n');
    await writeFile(table, rows.filter(row => !row.endsWith('a.mxf')).join('\n'));
    await must(receiver, /succeed!|to download again/, 'recv', 'xiaofang', 'cfec-001', 'false', originUrl);
    await downloaded(/"localsamepercent":"50.001%"/);
  });
});
