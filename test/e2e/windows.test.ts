import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatLocalTime } from '../../src/core/units.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const HOUR = 3_600_000;
const NAME = 'cfec-001-film.task.json';
type MethodView = { state: string; bytes: number; total: number; trouble: string };
type Methods = Record<'bt' | 'obs' | 'cdn', MethodView>;

/** What the wall clock says `hours` from now, and the length of the window in minutes. */
const window = (hours: number, minutes: number) => {
  const start = Date.now() + hours * HOUR;
  return [start, start + minutes * 60_000].map(at => formatLocalTime(at).slice(11, 16)).join('-');
};

describe('windows: a task of policy priortime, cdn open, bt and obs closed (BF-27)', function () {
  this.timeout(120_000);
  const windows = { bttime: window(11, 1), obstime: window(12, 1), cdntime: window(-6, 12 * 60) };
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create(windows);
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver');
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1', { policy: 'priortime' });
  });
  after(() => fleet.close());

  const methods = async () => (await fleet.progress(receiver, 'film')).methods as Methods;
  const schedules = async (node: TestNode) =>
    (await (await fetch(`http://127.0.0.1:${node.apiPort}/showschedules`)).text()).split('\n');
  const cdnIsHere = () =>
    until('the share of cdn is here and the others wait', async () => {
      const { bt, obs, cdn } = await methods();
      return cdn.total > 0 && cdn.bytes === cdn.total && bt.trouble !== '' && obs.trouble !== '';
    });

  it("the windows of the sender's configuration are in the task (BW-04)", async () => {
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, { priortime: string }>;
    const { bttime, obstime, cdntime } = windows;
    assert.deepEqual([task.bt?.priortime, task.obs?.priortime, task.cdn?.priortime], [bttime, obstime, cdntime]);
  });

  it('what the open window brings comes, the rest waits, and nothing counts as an error (BW-03, BP-06)', async () => {
    await fleet.recv(receiver, 'film');
    await cdnIsHere();
    const content = await fleet.progress(receiver, 'film');
    assert.deepEqual([content.status, content.downerror, content.code], ['downloading', '', '']);
    const { bt, obs } = await methods();
    assert.equal(content.waits, `${bt.trouble}; ${obs.trouble}`);
    assert.deepEqual([bt.state, bt.bytes, obs.state, obs.bytes], ['waiting', 0, 'waiting', 0]);
    const waits = `obs waits for its window ${windows.obstime} until `;
    assert.equal(obs.trouble.slice(0, waits.length), waits);
    assert.match(obs.trouble.slice(waits.length), /^\d{4}-\d\d-\d\d \d\d:\d\d:00$/);
    assert.equal(obs.trouble.slice(-8, -3), windows.obstime.slice(0, 5));
  });

  it('/showschedules says when it goes on (BA-01)', async () => {
    const lines = await schedules(receiver);
    const opening = (await methods()).obs.trouble.slice(-'2026-11-21 11:24:00'.length);
    assert.ok(lines.includes(`obs next runtime:${opening}`), lines.join('\n'));
    assert.ok(
      lines.some(line => line.startsWith(`cfec-001-film priortime: start: ${opening} `)),
      lines.join('\n'),
    );
    const download = lines.at(-2) ?? '';
    const { bttime, obstime, cdntime } = windows;
    assert.equal(
      download.replace(/cdn: \d+/, 'cdn: *'),
      `cfec-001-film bt:obs:cdn = 1:1:1 priortime bt: 0 ${bttime} obs: 0 ${obstime} cdn: * ${cdntime}`,
    );
  });

  it('what the sender serves stays open (decision 25)', async () => {
    assert.equal((await fleet.upload('film')).status, 'ready');
  });

  it('it waits on after a restart, with what it has (BW-03)', async () => {
    assert.equal(await receiver.end(), 0);
    await receiver.start();
    await cdnIsHere();
    assert.equal((await fleet.progress(receiver, 'film')).downerror, '');
  });

  it('a cancel ends its waiting (BX-01)', async () => {
    assert.equal((await receiver.ask('/cancel', 'cancel', { taskfile: NAME })).desc, 'succeed!');
    assert.deepEqual((await schedules(receiver)).slice(-2), ['All Current Downloading:', '']);
    await assert.rejects(access(join(receiver.root, 'receiver', 'downloading', NAME)));
  });

  it('a cacher fetches nothing outside the window of bt, either (BW-03)', async () => {
    const cacher = await fleet.node('cacher', 'cacher');
    await fleet.recv(cacher, 'film');
    const lines = await until('the cacher waits', async () => {
      const content = await cacher.ask('/progress', 'cprogress', { taskfile: NAME });
      const { bt } = content.methods as Methods;
      assert.deepEqual([content.status, content.desc, bt.bytes], ['noseeding', '', 0]);
      return bt.trouble !== '' && (await schedules(cacher));
    });
    assert.equal(lines.at(-2), `cfec-001-film bt:obs:cdn = 1:1:1 priortime bt: 0 ${windows.bttime}`);
    await cacher.ask('/cancel', 'cancel', { taskfile: NAME });
  });

  it('with other windows in the task, 24:00 among them, it is complete (BW-04, BW-05)', async () => {
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, { priortime: string }>;
    for (const method of ['bt', 'obs'] as const) task[method] = { ...task[method], priortime: '00:00-24:00' };
    await fleet.recv(receiver, 'film', JSON.stringify(task));
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  });
});
