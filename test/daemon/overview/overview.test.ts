import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  historyPage,
  nodeSummary,
  type TaskDetail,
  taskDetail,
  type TaskRow,
  taskRow,
} from '../../../src/api/rest/shapes.ts';
import { formatLocalTime } from '../../../src/core/units.ts';
import type { TaskFile } from '../../../src/task/task-file.ts';
import { freePort, until } from '../../e2e/nodes.ts';
import { writePackage } from '../../e2e/packages.ts';
import { RunningNode } from './running-node.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });

/** Holds what is shown against the contract. */
function assertShape<T>(schema: object, value: T): T {
  assert.ok(ajv.validate(schema, JSON.parse(JSON.stringify(value))), ajv.errorsText(ajv.errors));
  return value;
}

/** Hours of a day in which it is neither now nor in the next hours. */
function closedNow(): string {
  const at = (hours: number) => formatLocalTime(Date.now() + hours * HOUR_MS).slice(11, 13);
  return `${at(10)}:00-${at(12)}:00`;
}

describe('daemon: what people see of a sender and a receiver', function () {
  this.timeout(20_000);
  let root: string;
  let sender: RunningNode;
  let receiver: RunningNode;
  let task: TaskFile;
  const dead = 'http://127.0.0.1:9';

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'bftv2-overview-'));
    const [origin, tracker] = [await freePort(), await freePort()];
    sender = await RunningNode.start(join(root, 'sender'), {
      servertype: 'sender',
      senderdomain: `http://127.0.0.1:${origin}`,
      cdnurl: `http://127.0.0.1:${origin}`,
      originlisten: `127.0.0.1:${origin}`,
      trackerlisten: `127.0.0.1:${tracker}`,
      tracker: `http://127.0.0.1:${tracker}/announce`,
    });
    const more = { servertype: 'receiver', receiverid: 'cinema-7', downloadingnum: 1, avoidrepeat: false, retries: 2 };
    receiver = await RunningNode.start(join(root, 'receiver'), more);
    await writePackage(sender.packagePath('film'), { 'a.mxf': 2 * MIB, 'b.mxf': MIB, 'c.xml': 100 });
    const request = sender.request('film', '1:0:1');
    await sender.api.sends?.(request);
    await until('the film is served', async () => (await find(sender, 'film'))?.status === 'serving');
    task = JSON.parse(await readFile(request.taskfile, 'utf8')) as TaskFile;
  });
  after(async () => {
    await Promise.all([sender.stop(), receiver.stop()]);
    await rm(root, { recursive: true, force: true });
  });

  const find = async (node: RunningNode, name: string): Promise<TaskRow | undefined> => {
    const rows = (await node.overview.tasks()).map(row => assertShape(taskRow, row));
    return rows.find(row => row.package === name);
  };
  const detail = async (node: RunningNode, name: string): Promise<TaskDetail> =>
    assertShape(taskDetail, await node.overview.task(`cfec-001-${name}.task.json`));
  /** The film under another name, changed. */
  const recv = (name: string, change: Partial<TaskFile> = {}) => receiver.recv(name, { ...task, name, ...change });
  const standing = (name: string, status: TaskRow['status']) =>
    until(`${name} is ${status}`, async () => {
      const row = await find(receiver, name);
      return row?.status === status && row;
    });
  const cancel = async (...names: string[]) => {
    for (const name of names) await receiver.api.cancel?.(`cfec-001-${name}.task.json`);
  };

  afterEach(() => cancel('third', 'next', 'late', 'lost', 'wrong', 'short'));

  it('a sent task that may be received serves: all of it can be fetched, and it names its places', async () => {
    const row = await find(sender, 'film');
    assert.ok(row);
    assert.deepEqual([row.direction, row.state, row.group, row.cause], ['sent', 'uploaded', 'active', null]);
    assert.deepEqual([row.bytes, row.left, row.local], [task.size, 0, 0]);
    const { dcppath, files, pieces, methods, tracker } = await detail(sender, 'film');
    assert.deepEqual([dcppath, files, tracker], [sender.packagePath('film'), 3, task.bt.tracker]);
    assert.match(pieces?.columns ?? '', /^3+$/);
    assert.deepEqual([methods.bt.state, methods.obs.state, methods.cdn.state], ['available', 'none', 'available']);
  });

  it('waits for its window: which methods, when the first opens, and the queue behind it', async () => {
    const hours = closedNow();
    const bt = { ...task.bt, priortime: hours };
    await recv('late', { policy: 'priortime', bt, cdn: { ...task.cdn, priortime: hours } });
    const late = await standing('late', 'window');
    assert.deepEqual([late.group, late.cause?.code, late.left], ['waiting', 'WINDOW_CLOSED', task.size]);
    assert.match(late.cause?.desc ?? '', /^BT, CDN wait for their windows; BT opens at \d{4}-/);
    assert.ok(Date.parse(late.until ?? '') > Date.now());
    await recv('next');
    await recv('third');
    const third = await standing('third', 'queued');
    assert.match(third.cause?.desc ?? '', /^place 2 in the queue; 1 task runs at once \(downloadingnum\)$/);
    assert.deepEqual(third.actions, ['pause', 'cancel', 'limits']);
    const { methods } = await detail(receiver, 'late');
    assert.deepEqual([methods.bt.open, methods.bt.window, methods.bt.periods.length], [false, hours, 1]);
    assert.equal(Math.round(methods.bt.target + methods.cdn.target), 100);
    const { windows, name, disk } = assertShape(nodeSummary, await receiver.overview.summary());
    assert.deepEqual([windows.bt.open, windows.bt.next, name], [false, late.until, 'cinema-7']);
    assert.ok(disk.free > 0 && disk.size >= disk.free);
  });

  it('has no source: dead tracker and dead CDN, each with its trouble (BE-24)', async () => {
    await writePackage(sender.packagePath('lost'), { 'a.mxf': MIB, 'b.mxf': MIB });
    const request = { ...sender.request('lost', '1:0:1'), tracker: `${dead}/announce` };
    await sender.api.gentask?.(request);
    const made = await until('lost is made', () => readFile(request.taskfile, 'utf8').catch(() => undefined));
    const lostTask = JSON.parse(made) as TaskFile;
    await receiver.recv('lost', { ...lostTask, cdn: { url: `${dead}/lost` } });
    const lost = await until('nothing answers', async () => {
      const row = await find(receiver, 'lost');
      return row?.status === 'nosource' && row;
    });
    assert.equal(lost.group, 'attention');
    assert.match(lost.cause?.desc ?? '', /^0 of 2 sources answer\. BT: .*no source of lost.*; CDN: .*127\.0\.0\.1:9/);
    assert.ok(lost.actions.includes('retry'));
    const { pieces, methods } = await detail(receiver, 'lost');
    assert.deepEqual([pieces?.have, pieces?.missing, methods.bt.target], [0, pieces?.total, 50]);
  });

  it('fails: with the time of its next try', async () => {
    await recv('wrong', { cdn: { ...task.cdn, url: `${task.cdn.url}-not-there` } });
    const wrong = await standing('wrong', 'retrying');
    assert.equal(wrong.cause?.code, 'SOURCE_REFUSES');
    assert.ok(Date.parse(wrong.until ?? '') > Date.now());
    const { methods } = await detail(receiver, 'wrong');
    assert.match(methods.cdn.trouble, /404/);
  });

  it('has failed for good where no try mends it (decision 15)', async () => {
    const text = JSON.stringify({ ...task, name: 'short', size: task.size + 1 });
    await writeFile(join(receiver.root, 'receiver', 'queues', 'cfec-001-short.task.json'), text);
    const short = await standing('short', 'failed');
    assert.deepEqual([short.group, short.cause?.code, short.until], ['attention', 'SIZES_DIFFER', null]);
    assert.deepEqual(short.actions, ['retry', 'cancel']);
  });

  it('is done: what each method brought, by source, and how it was verified', async () => {
    await receiver.recv('film', task);
    const film = await standing('film', 'done');
    assert.deepEqual([film.state, film.group, film.bytes, film.left], ['downloaded', 'done', task.size, 0]);
    assert.equal(film.methods.bt.bytes + film.methods.cdn.bytes, task.size);
    const shown = await detail(receiver, 'film');
    assert.equal(shown.dcppath, join(root, 'receiver', 'dcp', 'film'));
    assert.equal(shown.deletable, task.size);
    assert.equal(
      Object.values(shown.methods.cdn.sources).reduce((sum, bytes) => sum + bytes, 0),
      task.cdnlistsize,
    );
    assert.equal(shown.events.at(-1)?.text, 'received task: downloading → downloaded');
    const { entries, next } = assertShape(historyPage, await receiver.overview.history({ limit: 10 }));
    assert.equal(next, null);
    assert.deepEqual(
      entries.map(({ package: name, verified, size, report }) => ({ name, verified, size, report })),
      [{ name: 'film', verified: 'pieces of the full torrent', size: task.size, report: true }],
    );
  });

  it('a cacher serves on what it has: the bt share, all pieces here (BR-05)', async () => {
    const cacher = await RunningNode.start(join(root, 'cacher'), { servertype: 'cacher' });
    try {
      await cacher.recv('film', task);
      const film = await until('the cacher serves', async () => {
        const row = await find(cacher, 'film');
        return row?.status === 'serving' && row;
      });
      assert.deepEqual([film.state, film.size, film.bytes, film.left], ['downloading', task.btlistsize, film.size, 0]);
      const { pieces, dcppath, deletable } = await detail(cacher, 'film');
      assert.deepEqual([pieces?.have, dcppath, deletable], [pieces?.total, '', task.btlistsize]);
    } finally {
      await cacher.stop();
    }
  });

  it('refuses a name that is not here, and a cursor that is none', async () => {
    await assert.rejects(receiver.overview.task('cfec-001-none.task.json'), { code: 'TASK_UNKNOWN' });
    await assert.rejects(receiver.overview.task('cfec-001-film.task.json', 'sent'), { code: 'TASK_UNKNOWN' });
    await assert.rejects(receiver.overview.history({ limit: 1, before: 'yesterday' }), { code: 'QUERY_INVALID' });
  });
});
