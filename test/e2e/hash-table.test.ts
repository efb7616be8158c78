import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../shell/scripts.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const LONG_AGO = new Date('2020-01-01');
const hashTable = (node: TestNode, ...args: string[]) =>
  runToEnd(process.execPath, [CLI, 'hashtable', ...args, '--config', join(node.root, 'config.json')]);
const rows = async (node: TestNode) =>
  (await readFile(String(node.config.hashtable), 'utf8')).split('\n').filter(Boolean).sort();

describe('a hash table that was built for another plan (BC-42, decision 30)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { receiverstoreplan: 'A' });
    await writePackage(fleet.packagePath('film'), SMALL);
    for (const name of ['second', 'third'])
      await cp(fleet.packagePath('film'), fleet.packagePath(name), { recursive: true });
    for (const name of ['film', 'second', 'third']) await fleet.publish(name, '0:1:1');
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    await until('the table has it', async () => (await rows(receiver)).length === 4);
    await receiver.end();
    receiver.config.receiverstoreplan = 'B';
    await receiver.start();
  });
  after(() => fleet.close());

  const stored = (name: string) => join(receiver.root, 'dcp', 'cfec-001', 'dcps', name);
  const brought = async (name: string) => {
    const { methods } = await fleet.downloaded(receiver, name);
    await assertSameTree(stored(name), fleet.packagePath(name));
    return Object.values(methods as Record<string, { total: number }>).reduce((sum, { total }) => sum + total, 0);
  };

  it('is not used: the log says so, and all is fetched', async () => {
    await until('the log says so', () =>
      Promise.resolve(/HASHTABLE_FOREIGN.*"hashtable init\\?"/.test(receiver.output)),
    );
    assert.equal((await fleet.recv(receiver, 'second')).return_content.desc, 'succeed!');
    assert.equal(
      await brought('second'),
      Object.values(SMALL).reduce((sum, size) => sum + size),
    );
  });

  it('is used again after hashtable init, without a restart', async () => {
    const { pid } = receiver;
    const { code, err } = await hashTable(receiver, 'init');
    assert.deepEqual([code, err], [0, '']);
    assert.equal((await rows(receiver)).length, 8);
    await fleet.recv(receiver, 'third');
    assert.equal(await brought('third'), 0);
    assert.equal(receiver.pid, pid);
    assert.equal((await hashTable(receiver, 'check')).code, 0);
  });
});

describe('the hash table of a sender on a mounted bucket (BH-04, machinetype hwecs)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create({ machinetype: 'hwecs' });
    for (const name of ['unseen', 'added', 'made']) {
      await writePackage(fleet.packagePath(name), SMALL);
      for (const file of Object.keys(SMALL)) await utimes(join(fleet.packagePath(name), file), LONG_AGO, LONG_AGO);
    }
    await fleet.sender.start();
  });
  after(() => fleet.close());

  const rowsOf = async (name: string) =>
    await Promise.all(
      Object.keys(SMALL).map(async file => {
        const path = join(fleet.packagePath(name), file);
        return `${createHash('sha1')
          .update(await readFile(path))
          .digest('hex')}  ${path}`;
      }),
    );

  it('is filled by hashtable add and by gentask, and by nothing else: nobody watches', async () => {
    assert.deepEqual(await hashTable(fleet.sender, 'add', fleet.packagePath('added')), { code: 0, out: '', err: '' });
    assert.deepEqual(await rows(fleet.sender), (await rowsOf('added')).sort());
    await fleet.make('made', '0:0:1');
    await writePackage(fleet.packagePath('late'), SMALL);
    await fleet.make('late', '0:0:1');
    const known = await Promise.all(['added', 'made', 'late'].map(rowsOf));
    await until('it has them', async () => (await rows(fleet.sender)).length >= known.flat().length);
    assert.deepEqual(await rows(fleet.sender), known.flat().sort());
  });
});
