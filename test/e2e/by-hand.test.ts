import assert from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const TASK = (name: string) => `cfec-001-${name}.task.json`;

describe('a task file that is put into queues by hand is held to what recv is held to (BR-02, BR-40)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver');
    for (const [name, ratio] of Object.entries({ film: '1:1:0', bucket: '0:1:0' })) {
      await writePackage(fleet.packagePath(name), SMALL);
      await fleet.publish(name, ratio);
    }
  });
  after(() => fleet.close());

  async function drop(node: TestNode, name: string, more: object = {}): Promise<void> {
    const task = JSON.parse(await readFile(fleet.taskPath(name), 'utf8')) as object;
    await writeFile(join(node.root, 'dropped'), JSON.stringify({ ...task, ...more }));
    await rename(join(node.root, 'dropped'), join(node.root, 'receiver', 'queues', TASK(name)));
  }
  const downloading = (node: TestNode, file: string) => join(node.root, 'receiver', 'downloading', file);
  const refusal = async (node: TestNode, name: string) =>
    await until(`${name} is refused`, () =>
      readFile(downloading(node, `cfec-001-${name}.err`), 'utf8').catch(() => undefined),
    );

  it('one that is a request is refused (decision 18), stays, and can be cancelled', async () => {
    await drop(receiver, 'film', { sourcetype: 'request' });
    assert.match(await refusal(receiver, 'film'), /try 1: TASK_FILE_INVALID .* is a request; /);
    const { status, code } = await until('it says so', async () => {
      const content = await fleet.progress(receiver, 'film');
      return content.status === 'downloaderror' && content;
    });
    assert.deepEqual([status, code], ['downloaderror', 'TASK_FILE_INVALID']);
    await receiver.ask('/cancel', 'cancel', { taskfile: TASK('film') });
    assert.deepEqual(await readdir(join(receiver.root, 'receiver', 'downloading')), []);
  });

  it('one that has no share of bt is none for a cacher', async () => {
    const cacher = await fleet.node('cacher', 'cacher');
    assert.equal((await fleet.recv(cacher, 'bucket')).return_content.desc, 'total files size equal 0');
    await drop(cacher, 'bucket');
    assert.match(await refusal(cacher, 'bucket'), /try 1: SIZES_DIFFER total files size equal 0/);
  });

  it('one that is right is received, with the sums of what was fetched (BT-09, BT-11)', async () => {
    await drop(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
    const path = join(receiver.root, 'receiver', 'downloaded', TASK('film'));
    const task = JSON.parse(await readFile(path, 'utf8')) as Record<string, number>;
    const sums = ['btlistsize', 'obslistsize', 'cdnlistsize'].map(key => [task[`${key}2`], task[key]]);
    for (const [received, sent] of sums) assert.equal(received, sent);
  });
});
