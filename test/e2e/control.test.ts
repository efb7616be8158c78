import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notThere } from '../../src/core/errors.ts';
import { ControlledNode } from './controlled-node.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const MIB = 1024 * 1024;
const FILM = 'cfec-001-film.task.json';
const FILES = { 'a.mxf': 6 * MIB, 'b.mxf': 6 * MIB + 1, 'c.mxf': 6 * MIB + 2, 'd.xml': 1000 };

interface Served {
  readonly status: string;
  readonly methods: { readonly bt: { readonly state: string; readonly bytes: number } };
}

describe('an operator holds and moves tasks', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let sender: ControlledNode;
  let receiver: ControlledNode;

  beforeEach(async () => {
    fleet = await TestFleet.create({}, (...node) => new ControlledNode(...node));
    sender = fleet.sender as ControlledNode;
    await fleet.startObs();
    await sender.start();
    receiver = (await fleet.node('receiver', 'receiver', { downloadingnum: 1, downlimit: 3 * MIB })) as ControlledNode;
    await writePackage(fleet.packagePath('film'), FILES);
    await fleet.publish('film', '1:1:1');
  });
  afterEach(() => fleet.close());

  const view = async () => {
    const { status, desc, waits, code, downloaded, methods } = await fleet.progress(receiver, 'film');
    const { bt } = methods as Record<'bt', { trouble: string }>;
    return { status, desc, waits, code, downloaded, trouble: bt.trouble };
  };
  const arrives = async (name: string) => {
    await fleet.downloaded(receiver, name);
    await assertSameTree(join(receiver.root, 'dcp', name), fleet.packagePath(name));
  };
  const unlimited = (name: string) =>
    receiver.ask('/limits', 'limits', { taskfile: `cfec-001-${name}.task.json`, downlimit: 0 });
  const controls = async (node: TestNode) => {
    const answer = await fetch(`http://127.0.0.1:${node.apiPort}/api/v1/events`, { headers: { connection: 'close' } });
    const { events } = (await answer.json()) as { events: { code: string; text: string }[] };
    return events.flatMap(({ code, text }) => (code === 'TASK_CONTROL' ? [text] : []));
  };

  it('a paused download stays paused over kill -9, keeps what it has, lets others by, and goes on when it is resumed', async () => {
    await fleet.recv(receiver, 'film');
    await until('some bytes', async () => Number((await view()).downloaded) > 2 * MIB);
    await receiver.pause('received', FILM);
    const paused = await view();
    assert.deepEqual(
      [paused.status, paused.desc, paused.waits, paused.code, paused.trouble],
      [
        'downloading',
        'paused by an operator',
        'paused by an operator',
        'TASK_PAUSED',
        `${FILM} is paused by an operator`,
      ],
    );
    assert.deepEqual(await controls(receiver), ['received task: paused by an operator']);
    assert.match(JSON.stringify(await fleet.recv(receiver, 'film')), /same taskfile in downloading/);

    await receiver.end('SIGKILL');
    await receiver.start();
    await until('the ledger is told', async () => (await view()).downloaded === paused.downloaded);
    // It has no place: with one place for all the next task comes and is done.
    await writePackage(fleet.packagePath('small'), SMALL);
    await fleet.publish('small', '1:1:1');
    await fleet.recv(receiver, 'small');
    await unlimited('small');
    await arrives('small');
    assert.deepEqual(await view(), paused);

    await receiver.resume('received', FILM);
    await unlimited('film');
    await arrives('film');
    await assert.rejects(receiver.pause('received', FILM), /TASK_STATE_UNFIT/);
    await assert.rejects(receiver.resume('received', 'x-none.task.json'), /TASK_UNKNOWN/);
    assert.deepEqual(await controls(receiver), ['received task: resumed by an operator']);
  });

  it('a cacher serves no more what is paused, over kill -9 too, and serves it again when it is resumed', async () => {
    const cacher = (await fleet.node('cacher', 'cacher')) as ControlledNode;
    const served = async () => (await cacher.ask('/progress', 'cprogress', { taskfile: FILM })) as unknown as Served;
    await fleet.recv(cacher, 'film');
    const first = await until('it serves', async () => {
      const now = await served();
      return now.status === 'seeding' && now.methods.bt.state === 'done' && now;
    });
    await cacher.pause('received', FILM);
    const rests = { status: 'noseeding', desc: 'paused by an operator', code: 'TASK_PAUSED' };
    const { methods: _, ...now } = await served();
    assert.deepEqual(now, rests);
    await cacher.end('SIGKILL');
    await cacher.start();
    await until('the ledger is told', async () => (await served()).methods.bt.bytes === first.methods.bt.bytes);
    assert.equal((await served()).status, 'noseeding');
    await cacher.resume('received', FILM);
    await until('it serves again', async () => (await served()).status === 'seeding');
  });

  it('a served task that is paused is not ready, over a restart too; what a task left is taken off the list with its files', async () => {
    await sender.pause('sent', FILM);
    const isPaused = async () => {
      const { status, desc, detail, btstatus } = await fleet.upload('film');
      assert.deepEqual([status, desc, detail, btstatus], ['uploaded', '', 'paused by an operator', 'noseeding']);
    };
    await isPaused();
    await sender.end('SIGKILL');
    await sender.start();
    await isPaused();
    await sender.resume('sent', FILM);
    await until('film is ready again', async () => (await fleet.upload('film')).status === 'ready');
    await sender.pause('sent', FILM);
    const kept = await sender.call('/send', 'send', { taskfile: fleet.taskPath('film'), reactive: 'false' });
    assert.equal(kept.return_status, 'false');
    await isPaused();
    await fleet.send('film');

    const text = await readFile(fleet.taskPath('film'), 'utf8');
    assert.deepEqual(await receiver.receive(text), { desc: 'succeed!', id: `received/${FILM}`, name: FILM });
    await assert.rejects(receiver.receive(text), /TASK_EXISTS/);
    await unlimited('film');
    await arrives('film');
    assert.deepEqual(
      JSON.parse(await readFile(join(receiver.root, 'receiver', 'tmp', FILM), 'utf8')),
      JSON.parse(text),
    );

    await receiver.cancel('received', FILM, { files: true, confirm: 'film' });
    for (const gone of [
      'dcp/film',
      'dcp/film.finished',
      'transfer/deleted/cfec-001/film',
      `receiver/downloaded/${FILM}`,
    ])
      assert.equal(await access(join(receiver.root, gone)).catch(notThere), undefined, gone);
    await assert.rejects(receiver.cancel('received', FILM, {}), /TASK_UNKNOWN/);
    await assert.rejects(sender.cancel('sent', FILM, { files: true, confirm: 'film' }), /TASK_STATE_UNFIT/);
    await sender.cancel('sent', FILM, {});
    await access(join(fleet.packagePath('film'), 'a.mxf'));
    assert.deepEqual((await controls(sender)).slice(-1), ['sent task: cancelled by an operator']);
  });
});
