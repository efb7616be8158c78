import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatLocalTime } from '../../src/core/units.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const OFFICE = 'Mon-Fri 00:00-08:00 20M; Sat,Sun 00:00-00:00; Mon-Fri 08:00-00:00 512K';
const HOUR = 3_600_000;
const MIB = 1024 * 1024;
type Hours = Record<'bt' | 'obs' | 'cdn', { priortime: string; windows?: string }>;
type MethodView = { state: string; bytes: number; total: number; trouble: string };

describe('timetables of several windows, with days and rates (BW-01 … BW-04, decision 6)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ cdnwindows: OFFICE, bttime: '01:00-06:00' });
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver');
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '0:0:1', { policy: 'priortime' });
  });
  after(() => fleet.close());

  const cdn = async () => ((await fleet.progress(receiver, 'film')).methods as Record<'cdn', MethodView>).cdn;
  const reload = async (cdnwindows: string) => {
    receiver.config.cdnwindows = cdnwindows;
    await receiver.configure();
    return await (await fetch(`http://127.0.0.1:${receiver.apiPort}/reloadconf`)).text();
  };
  const clockTime = (at: number) => formatLocalTime(at).slice(11, 16);
  const [opens, closes] = [Date.now() + 12 * HOUR, Date.now() + 12 * HOUR + 60_000].map(clockTime);
  const closed = `${opens}-${closes}`;

  it('gentask writes them into the task, and the nearest single window for original nodes', async () => {
    const { bt, obs, cdn } = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Hours;
    assert.deepEqual([cdn.windows, cdn.priortime], [OFFICE, '00:00-08:00']);
    assert.deepEqual(
      [bt.windows, bt.priortime, obs.windows, obs.priortime],
      [undefined, '01:00-06:00', undefined, '00:00-08:00'],
    );
  });

  it('a task runs at the rate of the hour', async () => {
    assert.equal(await reload('00:00-00:00 256K'), '"reload config.json ok."');
    const begin = performance.now();
    await fleet.recv(receiver, 'film');
    const { bytes, total } = await until('bytes come', async () => {
      const view = await cdn();
      return view.bytes >= MIB && view;
    });
    // What may pass at once after a rest, and chunks that were on their way. A slow machine only makes the bound wider.
    const most = (0.25 * MIB * (performance.now() - begin)) / 1000 + MIB / 2;
    assert.ok(bytes <= most && bytes < total, `${bytes} of ${total}, at most ${most}`);
  });

  it('it stops, without an error, when a timetable comes that is closed, and says until when (BW-03)', async () => {
    await reload(closed);
    const { trouble } = await until('it waits', async () => {
      const view = await cdn();
      return view.trouble !== '' && view;
    });
    assert.match(trouble, new RegExp(`^cdn waits for its window ${closed} until \\d{4}-\\d\\d-\\d\\d ${opens}:00$`));
    const { status, downerror } = await fleet.progress(receiver, 'film');
    assert.deepEqual([status, downerror], ['downloading', '']);
    const schedules = await (await fetch(`http://127.0.0.1:${receiver.apiPort}/showschedules`)).text();
    const download = schedules.trimEnd().split('\n').at(-1) ?? '';
    assert.equal(download, `cfec-001-film bt:obs:cdn = 0:0:1 priortime cdn: 0 ${closed}`);
  });

  it('what cannot be read changes nothing, and says where', async () => {
    assert.match(await reload('Mon-Fri 00:00-25:00'), /"cdnwindows": character 15: "25:00" is no time of day/);
    assert.match((await cdn()).trouble, /^cdn waits for its window/);
  });

  it('it waits on after a restart, goes on when another timetable comes, and is complete', async () => {
    receiver.config.cdnwindows = closed;
    assert.equal(await receiver.end(), 0);
    await receiver.start();
    await until('it waits', async () => (await cdn()).trouble !== '');
    await reload('Mon-Sun 00:00-00:00');
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  });

  it('a task of policy priortime whose hours cannot be read is refused; of policy fulltime it is not', async () => {
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Hours & { policy: string };
    task.cdn = { ...task.cdn, priortime: '0-8', windows: '' };
    const { return_content: refusal } = await fleet.recv(receiver, 'film', JSON.stringify(task));
    assert.equal(refusal.code, 'TASK_FILE_INVALID', JSON.stringify(refusal));
    assert.match(String(refusal.desc), /cdn\.priortime "0-8": character 1: "0" is no time of day/);
    const byHand = 'cfec-001-hand.task.json';
    await writeFile(join(receiver.root, 'receiver', 'queues', byHand), JSON.stringify(task));
    await until('the one that was put there by hand is refused', async () => {
      const { return_content: content } = await receiver.call('/progress', 'progress', { taskfile: byHand });
      return content.code === 'TASK_FILE_INVALID';
    });
    task.policy = 'fulltime';
    assert.equal((await fleet.recv(receiver, 'film', JSON.stringify(task))).return_status, 'true');
  });
});
