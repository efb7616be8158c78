import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatIsoTime } from '../../src/core/units.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { ClockedNode } from './clocked-node.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, writePackage } from './packages.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const local = (time: string) => Date.parse(`2026-03-${time}`);
/** 600 kB: ten minutes at 1000 bytes/s. */
const FILES = { 'a.mxf': 400_000, 'b.mxf': 200_000 };
const DONE = '02T22:10:00';

interface Page {
  methods: { cdn: { timetables: { window: string; tasks: number; periods: { opens: string }[] }[] } };
  tasks: { name: string; deadline: string | null; forecast: string | null; atrisk: boolean }[];
}

describe('two tasks in a window from 22:00 on, one with a deadline before it, one after it', function () {
  this.timeout(120_000);
  const clock = new SteppedClock(local('02T20:00:00'));
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    const node = (root: string, apiPort: number, config: Record<string, unknown>) =>
      new ClockedNode(clock, root, apiPort, config);
    fleet = await TestFleet.create({ cdntime: '22:00-06:00' }, node);
    await fleet.sender.start();
    const state = join(fleet.root, 'receiver', 'state');
    await mkdir(state, { recursive: true });
    // What an earlier run of the receiver saw.
    await writeFile(join(state, 'rates.json'), '{"cdn":[{"bytes":500000,"ms":500000,"heldMs":0}]}');
    receiver = await fleet.node('receiver', 'receiver', { downloadingnum: 2, avoidrepeat: false });
    for (const name of ['late', 'fine']) await writePackage(fleet.packagePath(name), FILES);
  });
  after(() => fleet.close());

  const file = (name: string) => `cfec-001-${name}.task.json`;
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${receiver.apiPort}${path}`);
    assert.equal(answer.status, 200, path);
    return await answer.text();
  };
  const progress = async (name: string) => {
    const { deadline, forecast, atrisk } = await fleet.progress(receiver, name);
    return { deadline, forecast, atrisk };
  };
  /** Until its ledger is open, nobody knows what is here. */
  const known = (name: string) =>
    until(`the forecast of ${name}`, async () => {
      const said = await progress(name);
      return said.forecast !== '' && said;
    });
  const schedule = async () => {
    const { tasks, methods } = JSON.parse(await get('/api/v1/schedule')) as Page;
    const rows = tasks.map(({ name, deadline, forecast, atrisk }) => [name, { deadline, forecast, atrisk }] as const);
    return { cdn: methods.cdn, tasks: Object.fromEntries(rows) };
  };
  const events = async (code: string) => {
    const { events } = JSON.parse(await get('/api/v1/events')) as {
      events: { code: string; task: string; text: string }[];
    };
    return events.filter(event => event.code === code);
  };
  const gauge = async (name: string) => {
    const line = (await get('/metrics')).split('\n').find(found => found.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  };
  const warnings = async () => {
    const lines = (await readFile(join(receiver.root, 'bftv2.log'), 'utf8')).split('\n').slice(0, -1);
    return lines
      .map(line => JSON.parse(line) as { code?: string; task?: string })
      .filter(({ code }) => code === 'DEADLINE_AT_RISK');
  };

  it('gentask refuses what is no time and what has passed, and puts a deadline into the task (decision 12)', async () => {
    const refusal = async (deadline: string) => {
      const { return_status, return_content } = await fleet.gentask('late', { deadline });
      assert.deepEqual([return_status, return_content.code], ['false', 'PARAMETER_INVALID']);
      return return_content.desc;
    };
    assert.equal(await refusal('2026-02-31 10:00'), '"deadline" is "2026-02-31 10:00": 2026-02 has no day 31');
    assert.equal(await refusal('2026-03-02 19:59'), '"deadline" 2026-03-02 19:59:00 is in the past');
    const params = { policy: 'priortime' };
    await fleet.publish('late', '0:0:1', { ...params, deadline: '2026-03-02 21:30' });
    await fleet.publish('fine', '0:0:1', { ...params, deadline: '2026-03-03 06:00:30' });
    for (const [name, deadline] of [
      ['late', '2026-03-02 21:30:00'],
      ['fine', '2026-03-03 06:00:30'],
    ] as const) {
      const task = JSON.parse(await readFile(fleet.taskPath(name), 'utf8')) as Record<string, unknown>;
      assert.deepEqual([task.deadline, Object.keys(task).at(-1)], [deadline, 'deadline']);
    }
  });

  it('recv refuses a task whose deadline is no time', async () => {
    const sent = JSON.parse(await readFile(fleet.taskPath('late'), 'utf8')) as Record<string, unknown>;
    const { return_content } = await fleet.recv(receiver, 'late', JSON.stringify({ ...sent, deadline: 'friday' }));
    assert.equal(return_content.code, 'TASK_FILE_INVALID');
    assert.match(
      return_content.desc ?? '',
      /^"deadline" is "friday": must be YYYY-MM-DD HH:MM\[:SS\], but has "f" at character 1 : /,
    );
  });

  it('progress says when each will be here, and which one is at risk', async () => {
    for (const name of ['late', 'fine']) assert.equal((await fleet.recv(receiver, name)).return_status, 'true');
    const forecast = '2026-03-02 22:10:00';
    assert.deepEqual(await known('late'), { deadline: '2026-03-02 21:30:00', forecast, atrisk: true });
    assert.deepEqual(await known('fine'), { deadline: '2026-03-03 06:00:30', forecast, atrisk: false });
  });

  it('so does the schedule', async () => {
    const { tasks, cdn } = await schedule();
    const forecast = formatIsoTime(local(DONE));
    assert.deepEqual(tasks, {
      [file('late')]: { deadline: formatIsoTime(local('02T21:30:00')), forecast, atrisk: true },
      [file('fine')]: { deadline: formatIsoTime(local('03T06:00:30')), forecast, atrisk: false },
    });
    const [night] = cdn.timetables;
    assert.deepEqual([night?.window, night?.tasks, night?.periods.length], ['22:00-06:00', 2, 7]);
    assert.equal(night?.periods[0]?.opens, formatIsoTime(local('02T22:00:00')));
  });

  it('so do the metrics', async () => {
    assert.equal(await gauge('bft_tasks_at_risk'), 1);
    assert.equal(await gauge('bft_tasks{direction="received",state="downloading"}'), 2);
    assert.equal(await gauge('bft_window_open{method="cdn"}'), 0);
  });

  it('so do the events and the log, once, a minute later at most', async () => {
    await clock.advance(5 * MINUTE);
    const risks = await until('the risk is told', async () => {
      const found = await events('DEADLINE_AT_RISK');
      return found.length > 0 && found;
    });
    const text = `${file('late')} will not be complete by its deadline 2026-03-02 21:30:00, as it goes now: not before 2026-03-02 22:10:00`;
    assert.deepEqual(
      risks.map(({ task, text }) => [task, text]),
      [[file('late'), text]],
    );
    assert.deepEqual(
      (await warnings()).map(({ task }) => task),
      [file('late')],
    );
    assert.deepEqual(
      (await events('TASK_STATE')).filter(({ task }) => task === file('fine')).map(({ text }) => text),
      ['received task: new in queues', 'received task: queues → downloading'],
    );
  });

  it('what was seen outlives a restart; the risk is told anew', async () => {
    assert.equal(await receiver.end(), 0);
    await receiver.start();
    assert.equal((await known('late')).atrisk, true);
    await clock.advance(MINUTE);
    await until('the risk is told', async () => (await events('DEADLINE_AT_RISK')).length === 1);
    assert.deepEqual(await known('fine'), {
      deadline: '2026-03-03 06:00:30',
      forecast: '2026-03-02 22:10:00',
      atrisk: false,
    });
  });

  it('when the window opens both come; what is here is at risk no more', async () => {
    await clock.advance(2 * HOUR);
    for (const name of ['late', 'fine']) {
      await fleet.downloaded(receiver, name);
      await assertSameTree(join(receiver.root, 'dcp', name), fleet.packagePath(name));
    }
    assert.deepEqual(await progress('late'), { deadline: '2026-03-02 21:30:00', forecast: '', atrisk: false });
    assert.equal(await gauge('bft_tasks_at_risk'), 0);
    assert.deepEqual(await schedule().then(({ tasks }) => tasks), {});
    assert.deepEqual(await events('DEADLINE_ON_TIME'), []);
  });

  it('a task that used up its tries is at risk, however far its deadline is (decision 15)', async () => {
    receiver.config.retries = 1;
    await receiver.configure();
    await get('/reloadconf');
    await writePackage(fleet.packagePath('gone'), FILES);
    await fleet.publish('gone', '0:0:1', { deadline: '2026-12-31 12:00' });
    const task = JSON.parse(await readFile(fleet.taskPath('gone'), 'utf8')) as { cdn: { url: string } };
    task.cdn.url = `${fleet.originUrl}/dcp/not-there`;
    await fleet.recv(receiver, 'gone', JSON.stringify(task));
    await until('it has given up', async () => (await fleet.progress(receiver, 'gone')).status === 'downloaderror');
    await until('it is at risk', async () => (await progress('gone')).atrisk);
    assert.deepEqual(await progress('gone'), { deadline: '2026-12-31 12:00:00', forecast: '', atrisk: true });
    assert.equal(await gauge('bft_tasks_at_risk'), 1);
  });
});
