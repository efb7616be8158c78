import assert from 'node:assert/strict';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SteppedClock } from '../stepped-clock.ts';
import { ClockedNode } from './clocked-node.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, writePackage } from './packages.ts';
import { mostAtOnce } from './state-changes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const FILES = { 'a.mxf': 300_000, 'b.mxf': 200_000, 'c.mxf': 100_000, 'sub/d.xml': 1000 };

describe('a week of tasks at a sender, a cacher and a receiver (BS-02, BS-31, BR-05, BR-44, BE-22, BU-05, BD-33)', function () {
  this.timeout(120_000);
  const clock = new SteppedClock(Date.parse('2026-03-02T20:00:00'));
  let fleet: TestFleet;
  let cacher: TestNode;
  let receiver: TestNode;

  before(async () => {
    const node = (root: string, apiPort: number, config: Record<string, unknown>) =>
      new ClockedNode(clock, root, apiPort, config);
    fleet = await TestFleet.create({ uploadingnum: 1, defaultseedtime: '48' }, node);
    await fleet.startObs();
    await fleet.sender.start();
    cacher = await fleet.node('cacher', 'cacher', { downloadingnum: 1 });
    receiver = await fleet.node('receiver', 'receiver', { downloadingnum: 2, avoidrepeat: false });
  });
  after(() => fleet.close());

  const file = (name: string) => `cfec-001-${name}.task.json`;
  const names = async (node: TestNode, side: string, state: string) =>
    (await readdir(join(node.root, side, state))).filter(name => name.endsWith('.task.json')).toSorted();
  const isIn = (node: TestNode, side: string, state: string, name: string) =>
    until(`${name} is in ${state}`, async () => (await names(node, side, state)).includes(file(name)));
  const cached = (name: string) =>
    until(`${name} is cached`, async () => {
      const answer = await cacher.call('/progress', 'cprogress', { taskfile: file(name) });
      const { bt } = (answer.return_content.methods ?? {}) as { bt?: { bytes: number; total: number } };
      return answer.return_content.status === 'seeding' && bt?.bytes === bt?.total;
    });
  const log = (node: TestNode) => readFile(join(node.root, 'bftv2.log'), 'utf8');
  const transferred = async (node: TestNode): Promise<string[]> =>
    await readdir(join(node.root, 'transfer', 'bt', 'cfec-001')).catch(() => []);

  it('each evening brings a package to all of them; what is served two days ends in time', async () => {
    for (const [day, name] of DAYS.entries()) {
      await writePackage(fleet.packagePath(name), FILES);
      await fleet.publish(name, '1:1:1');
      assert.equal((await fleet.recv(cacher, name)).return_status, 'true');
      // It serves earlier ones for two days, which takes no place from this one.
      await cached(name);
      assert.equal((await fleet.recv(receiver, name)).return_status, 'true');
      await fleet.downloaded(receiver, name);
      await assertSameTree(join(receiver.root, 'dcp', name), fleet.packagePath(name));
      await clock.advance(24 * HOUR);
      await isIn(receiver, 'receiver', 'history', name);
      const over = DAYS[day - 1];
      if (over === undefined) continue;
      await isIn(fleet.sender, 'sender', 'history', over);
      assert.equal((await fleet.upload(over)).status, 'finished');
      await until(`the cacher let ${over} go`, async () => !(await transferred(cacher)).includes(`${over}-tmp`));
      assert.deepEqual(await names(cacher, 'receiver', 'downloading'), [file(name)]);
    }
  });

  it('a failing one is tried five times, five minutes apart, and says why, while others pass it by', async () => {
    await writePackage(fleet.packagePath('broken'), FILES);
    await fleet.publish('broken', '0:0:1');
    await rename(fleet.packagePath('broken'), `${fleet.packagePath('broken')}.away`);
    await fleet.recv(receiver, 'broken');
    const errors = join(receiver.root, 'receiver', 'downloading', 'cfec-001-broken.errhistory');
    const tries = async () => (await readFile(errors, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    for (let count = 1; count <= 5; count++) {
      await until(`try ${count}`, async () => (await tries()).length === count);
      if (count === 3) {
        await writePackage(fleet.packagePath('other'), FILES);
        await fleet.publish('other', '1:1:1');
        await fleet.recv(receiver, 'other');
        await fleet.downloaded(receiver, 'other');
      }
      await clock.advance(5 * MINUTE);
    }
    const times = (await tries()).map(line => Date.parse(line.slice(0, 19).replace(' ', 'T')));
    assert.deepEqual(
      times.map((time, index) => time - (times[index - 1] ?? time)),
      [0, 5 * MINUTE, 5 * MINUTE, 5 * MINUTE, 5 * MINUTE],
    );
    const progress = await fleet.progress(receiver, 'broken');
    assert.deepEqual([progress.status, progress.downerror], ['downloaderror', 'cdn download error']);
    await rename(`${fleet.packagePath('broken')}.away`, fleet.packagePath('broken'));
    assert.equal((await fleet.recv(receiver, 'broken')).return_content.desc, 'succeed!');
    await fleet.downloaded(receiver, 'broken');
  });

  it('five at once wait for their places: never more than the limits', async () => {
    const all = ['one', 'two', 'three', 'four', 'five'];
    for (const name of all) {
      await writePackage(fleet.packagePath(name), FILES);
      await fleet.make(name, '1:1:1');
    }
    for (const name of all) await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath(name) });
    await until('all are ready', async () =>
      (await Promise.all(all.map(name => fleet.upload(name)))).every(({ status }) => status === 'ready'),
    );
    assert.equal(mostAtOnce(await log(fleet.sender), 'uploading'), 1);
    const before = (await log(receiver)).length;
    for (const name of all) await fleet.recv(receiver, name);
    await until('all are downloaded', async () => {
      const downloaded = await names(receiver, 'receiver', 'downloaded');
      return all.every(name => downloaded.includes(file(name)));
    });
    assert.equal(mostAtOnce((await log(receiver)).slice(before), 'downloading'), 2);
  });

  it('in the end everything is in history, and nothing is left in the transfer directories', async () => {
    await clock.advance(48 * HOUR);
    const all = [...DAYS, 'broken', 'other', 'one', 'two', 'three', 'four', 'five'].map(file).toSorted();
    for (const [node, side] of [
      [fleet.sender, 'sender'],
      [receiver, 'receiver'],
    ] as const) {
      await until(`${side} is done`, async () => (await names(node, side, 'history')).length === all.length);
      assert.deepEqual(await names(node, side, 'history'), all);
    }
    await until('the cacher is done', async () => (await names(cacher, 'receiver', 'downloading')).length === 0);
    await clock.advance(24 * HOUR);
    await until('the cacher is done', async () => (await names(cacher, 'receiver', 'history')).length === DAYS.length);
    assert.deepEqual([await transferred(cacher), await transferred(receiver)], [[], []]);
  });
});
