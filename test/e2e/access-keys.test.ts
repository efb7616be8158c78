import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatLocalTime } from '../../src/core/units.ts';
import { TestFleet, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

const TASK = 'cfec-001-film.task.json';

describe('access keys that gentask was given for one task (BG rows, BT-04)', function () {
  this.timeout(60_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create({ obsak: '', obssk: '', obsendpoint: '' });
    await fleet.startObs();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
  });
  after(() => fleet.close());

  const kept = async () => {
    const files = await readdir(join(fleet.sender.root, 'state', 'sent', TASK), { recursive: true });
    return files.filter(file => file.includes('obs-keys')).length;
  };
  const publish = () =>
    fleet.publish('film', '1:1:0', {
      ak: 'TESTKEY',
      sk: 'TESTSECRET',
      endpoint: `http://127.0.0.1:${fleet.obsPort}`,
    });

  it('are kept while it is served, and go when it is cancelled', async () => {
    await publish();
    assert.equal(await kept(), 1);
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK });
    assert.equal(await kept(), 0);
  });

  it('stay when a task made anew is waiting while the old one ends', async () => {
    await publish();
    // A task file carries the time of its making to the second.
    const before = (JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { gentime: string }).gentime;
    await until('another second', async () => formatLocalTime(Date.now()) !== before);
    const { ak, sk } = { ak: 'TESTKEY', sk: 'TESTSECRET' };
    const endpoint = `http://127.0.0.1:${fleet.obsPort}`;
    await fleet.gentask('film', { btobscdn: '1:1:0', ak, sk, endpoint });
    await until('made anew', async () => (await kept()) === 2);
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK });
    assert.equal(await kept(), 1);
    await until('sent', async () => {
      const taskfile = fleet.taskPath('film');
      return (await fleet.sender.call('/send', 'send', { taskfile })).return_status === 'true';
    });
    await until('ready', async () => (await fleet.upload('film')).status === 'ready');
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK });
    assert.equal(await kept(), 0);
  });

  it('go when it becomes history (BD-10)', async () => {
    await publish();
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { bt: { seedtime: string } };
    task.bt.seedtime = '0';
    await writeFile(fleet.taskPath('film'), JSON.stringify(task));
    assert.equal(await kept(), 1);
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film'), reactive: 'true' });
    await until('history', async () => (await fleet.upload('film')).status === 'finished');
    await until('its keys are gone', async () => (await kept()) === 0);
  });
});
