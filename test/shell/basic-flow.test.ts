import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
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
  const wait = async (node: TestNode, name: string) => {
    const { code, err } = await withFunctions(`${name} xiaofang`, [], nodeEnv(node));
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
    await must(receiver, /no need to cancel/, 'cancel', 'no-such-task');

    // The table, edited by hand: what is struck out is fetched again, the rest is not.
    const table = String(receiver.config.hashtable);
    const rows = (await readFile(table, 'utf8')).split('\n');
    await writeFile(table, rows.filter(row => !row.endsWith('a.mxf')).join('\n'));
    await must(receiver, /succeed!|to download again/, 'recv', 'xiaofang', 'cfec-001', 'false', originUrl);
    await downloaded(/"localsamepercent":"50.001%"/);
  });
});
