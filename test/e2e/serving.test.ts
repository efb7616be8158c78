import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteppedClock } from '../stepped-clock.ts';
import { ClockedNode } from './clocked-node.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

const HOUR = 3_600_000;
const TASK = (name: string) => `cfec-001-${name}.task.json`;
type Task = Record<'bt', Record<string, string>> & Record<string, unknown>;

describe('how long a task is served (BS-02 … BS-05, BS-20, BR-05, BR-06, BU-05)', function () {
  this.timeout(120_000);
  const clock = new SteppedClock(Date.parse('2026-03-02T20:00:00'));
  let fleet: TestFleet;

  before(async () => {
    const node = (root: string, apiPort: number, config: Record<string, unknown>) =>
      new ClockedNode(clock, root, apiPort, config);
    fleet = await TestFleet.create({ uploadingnum: 1, defaultseedtime: '2', avoidrepeat: false }, node);
    await fleet.sender.start();
  });
  after(() => fleet.close());

  const path = (node: TestNode, ...parts: string[]) => join(node.root, ...parts);
  const isIn = (node: TestNode, side: string, state: string, name: string) =>
    until(`${name} is in ${state}`, async () => (await readdir(path(node, side, state))).includes(TASK(name)));
  const isReady = (name: string) =>
    until(`${name} is ready`, async () => (await fleet.upload(name)).status === 'ready' || undefined);
  /** From now on its seed time runs. */
  const hasBegun = (node: TestNode, direction: 'sent' | 'received', name: string) =>
    until(`${name} begins`, async () => {
      const kept = path(node, 'state', direction, TASK(name));
      const [identity = ''] = await readdir(kept);
      const since = await readFile(join(kept, identity, 'serving-since'), 'utf8').catch(() => '');
      return Number(since) === clock.now();
    });
  const sendAndServe = async (name: string) => {
    await send(name, 'true');
    await isReady(name);
    await hasBegun(fleet.sender, 'sent', name);
  };
  const make = async (name: string, ratio: string) => {
    await writePackage(fleet.packagePath(name), SMALL);
    await fleet.make(name, ratio);
  };
  const send = (name: string, reactive: string) =>
    fleet.sender.call('/send', 'send', { taskfile: fleet.taskPath(name), reactive });
  const changed = async (name: string, seedtime: string) => {
    const task = JSON.parse(await readFile(fleet.taskPath(name), 'utf8')) as Task;
    task.bt.seedtime = seedtime;
    return JSON.stringify(task);
  };
  const log = (node: TestNode) => readFile(path(node, 'bftv2.log'), 'utf8');
  const cancel = (name: string) => fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK(name) });

  describe('at a sender', () => {
    it('begins anew for a task that somebody puts back from history into queues', async () => {
      await make('back', '1:0:0');
      await sendAndServe('back');
      await clock.advance(2 * HOUR);
      await isIn(fleet.sender, 'sender', 'history', 'back');
      const at = (state: string) => path(fleet.sender, 'sender', state, TASK('back'));
      await rename(at('history'), at('queues'));
      await isReady('back');
      await hasBegun(fleet.sender, 'sent', 'back');
      await clock.advance(1.5 * HOUR);
      assert.equal((await fleet.upload('back')).status, 'ready');
      await clock.advance(0.5 * HOUR);
      await isIn(fleet.sender, 'sender', 'history', 'back');
    });

    it('goes on over a restart of the daemon, and is over for what ended meanwhile', async () => {
      for (const name of ['first', 'second', 'third']) {
        await make(name, '1:0:1');
        await sendAndServe(name);
        await clock.advance(0.5 * HOUR);
      }
      await fleet.sender.end();
      await clock.advance(0.5 * HOUR);
      const before = (await log(fleet.sender)).length;
      // What is offered nevertheless is missed.
      for (const name of ['first', 'second']) await rm(fleet.packagePath(name), { recursive: true });
      await fleet.sender.start();
      await isIn(fleet.sender, 'sender', 'history', 'first');
      await isReady('third');
      await until('the error is shown', async () => (await fleet.upload('second')).status === 'error' || undefined);
      const refused = (await log(fleet.sender)).slice(before).matchAll(/"task":"cfec-001-(\w+)[^\n]*cannot be served/g);
      assert.deepEqual(
        [...refused].map(([, name]) => name),
        ['second'],
      );
      await clock.advance(0.5 * HOUR);
      await isIn(fleet.sender, 'sender', 'history', 'second');
      await clock.advance(0.5 * HOUR);
      await isIn(fleet.sender, 'sender', 'history', 'third');
    });

    it('ends also for a task without its torrents, which says so until then', async () => {
      await make('torn', '1:0:0');
      await sendAndServe('torn');
      await fleet.sender.end();
      await rm(`${fleet.packagePath('torn')}.torrent`);
      await fleet.sender.start();
      const upload = await until('the error is shown', async () => {
        const now = await fleet.upload('torn');
        return now.status === 'error' && now;
      });
      assert.equal(upload.btstatus, 'noseeding');
      const published = path(fleet.sender, 'dcp', 'cfec-001', 'tasks', TASK('torn'));
      await clock.advance(2 * HOUR);
      await isIn(fleet.sender, 'sender', 'history', 'torn');
      await assert.rejects(readFile(published), { code: 'ENOENT' });
    });

    it('hinders nobody from sending anew what bt does not serve (BS-03, BS-04, BS-05, BS-20)', async () => {
      await make('nobt', '0:0:1');
      for (const reactive of ['false', 'false', 'true']) {
        assert.equal((await send('nobt', reactive)).return_content.desc, 'succeeded!');
        await isReady('nobt');
      }
      await cancel('nobt');
    });
  });

  describe('either sending or receiving a package', () => {
    it('holds for what is put into queues by hand, too', async () => {
      await make('own', '1:0:0');
      await sendAndServe('own');
      const received = (state: string) => path(fleet.sender, 'receiver', state, TASK('own'));
      await copyFile(fleet.taskPath('own'), received('queues'));
      await until(
        'the error is shown',
        async () => (await fleet.progress(fleet.sender, 'own')).status === 'downloaderror',
      );
      const errors = await readFile(path(fleet.sender, 'receiver', 'downloading', 'cfec-001-own.err'), 'utf8');
      assert.match(errors, /TASK_EXISTS this node is sending the package own of cfec-001 itself/);
      const again = await send('own', 'true');
      assert.equal(again.return_content.code, 'TASK_EXISTS');
      await isReady('own');
      await cancel('own');
      await isReady('own');
      await cancel('own');
    });

    it('refuses to send what is being received', async () => {
      await make('mine', '1:0:1');
      const task = await readFile(fleet.taskPath('mine'), 'utf8');
      // Nobody serves it: it stays in downloading.
      await fleet.recv(fleet.sender, 'mine', task);
      const sent = await send('mine', 'true');
      assert.equal(sent.return_content.desc, 'this node is receiving the package mine of cfec-001 itself');
      await copyFile(fleet.taskPath('mine'), path(fleet.sender, 'sender', 'queues', TASK('mine')));
      const error = await until('the error is shown', () =>
        readFile(path(fleet.sender, 'sender', 'uploading', 'cfec-001-mine.bterr'), 'utf8').catch(() => undefined),
      );
      assert.match(error, /TASK_EXISTS/);
      await cancel('mine');
      await cancel('mine');
    });
  });

  describe('at a cacher', () => {
    let cacher: TestNode;
    before(async () => {
      cacher = await fleet.node('cacher', 'cacher', { downloadingnum: 1 });
      await make('film', '1:0:0');
      await sendAndServe('film');
    });

    const recv = async (name: string, seedtime: string, reactive = 'false') => {
      const taskfile = path(cacher, TASK(name));
      await writeFile(taskfile, await changed(name, seedtime));
      const { desc } = await cacher.ask('/recv', 'recv', { taskfile, reactive });
      if (reactive === 'true') assert.equal(desc, `reactive cacher bt seeding with taskfile:${TASK(name)}`);
    };
    const isServed = async (name: string) => {
      const { return_content } = await cacher.call('/progress', 'cprogress', { taskfile: TASK(name) });
      const { bt } = (return_content.methods ?? {}) as { bt?: { bytes: number; total: number } };
      return return_content.status === 'seeding' && bt?.bytes === bt?.total;
    };
    const isCached = async (name: string) => {
      await until(`${name} is cached`, () => isServed(name));
      await hasBegun(cacher, 'received', name);
    };

    it('begins anew for a task that is received again', async () => {
      for (const round of [1, 2]) {
        await recv('film', '1');
        await isCached('film');
        await clock.advance(0.75 * HOUR);
        assert.ok(await isServed('film'), `round ${round}`);
        await clock.advance(0.25 * HOUR);
        await isIn(cacher, 'receiver', 'downloaded', 'film');
      }
    });

    it('is that of the task file that came last, from then on, without an interruption (BR-06)', async () => {
      await sendAndServe('film');
      await recv('film', '1');
      await isCached('film');
      const before = (await log(cacher)).length;
      for (const seedtime of ['1', '2', '1']) {
        await clock.advance(0.75 * HOUR);
        await recv('film', seedtime, 'true');
        await hasBegun(cacher, 'received', 'film');
        assert.ok(await isServed('film'), 'it goes on');
      }
      await clock.advance(0.75 * HOUR);
      assert.ok(await isServed('film'), 'until its new end');
      await clock.advance(0.25 * HOUR);
      await isIn(cacher, 'receiver', 'downloaded', 'film');
      const moves = await until('the log says it', async () => {
        return (await log(cacher)).slice(before).match(/"from":"downloading","to":"\w+"/g) ?? undefined;
      });
      assert.deepEqual(moves, ['"from":"downloading","to":"downloaded"']);
    });

    it('is taken from the new task file while the old one is still being fetched (BR-06)', async () => {
      await make('slow', '1:0:0');
      await recv('slow', '1');
      await isIn(cacher, 'receiver', 'downloading', 'slow');
      await recv('slow', '3', 'true');
      await isIn(cacher, 'receiver', 'downloading', 'slow');
      await send('slow', 'true');
      await isCached('slow');
      await clock.advance(1.5 * HOUR);
      assert.ok(await isServed('slow'));
      await clock.advance(1.5 * HOUR);
      await isIn(cacher, 'receiver', 'downloaded', 'slow');
    });

    it('is that of a package made anew under the name, which is fetched in its place (BR-06)', async () => {
      await make('anew', '1:0:0');
      await sendAndServe('anew');
      await recv('anew', '1');
      await isCached('anew');
      await cancel('anew');
      await writePackage(fleet.packagePath('anew'), { 'a.mxf': 70_000 });
      await fleet.make('anew', '1:0:0', { deloldtorrent: 'true' });
      await sendAndServe('anew');
      await recv('anew', '1', 'true');
      await isCached('anew');
      const served = path(cacher, 'transfer', 'bt', 'cfec-001', 'anew');
      assert.deepEqual(await readFile(join(served, 'a.mxf')), await readFile(join(fleet.packagePath('anew'), 'a.mxf')));
    });
  });

  it('goes on at a receiver when receiving the package again could not begin (BN-016)', async () => {
    const receiver = await fleet.node('receiver', 'receiver', { receiverseedtime: 2 });
    await make('kept', '1:0:0');
    await send('kept', 'true');
    await fleet.recv(receiver, 'kept');
    const isSeeding = async () => (await fleet.progress(receiver, 'kept')).btstatus === 'seeding';
    await fleet.downloaded(receiver, 'kept');
    await until('it seeds', isSeeding);
    const tmp = path(receiver, 'receiver', 'tmp');
    await rm(tmp, { recursive: true });
    await writeFile(tmp, '');
    assert.equal((await fleet.recv(receiver, 'kept')).return_content.code, 'DISK_WRITE');
    await until('it seeds again', isSeeding);
  });
});
