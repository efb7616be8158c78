import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

  const kept = () => readdir(join(fleet.sender.root, 'state', 'obs-keys'));
  const publish = () =>
    fleet.publish('film', '1:1:0', {
      ak: 'TESTKEY',
      sk: 'TESTSECRET',
      endpoint: `http://127.0.0.1:${fleet.obsPort}`,
    });

  it('are kept while it is served, and go when it is cancelled', async () => {
    await publish();
    assert.deepEqual(await kept(), [`${TASK}.json`]);
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK });
    assert.deepEqual(await kept(), []);
  });

  it('go when it becomes history (BD-10)', async () => {
    await publish();
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { bt: { seedtime: string } };
    task.bt.seedtime = '0';
    await writeFile(fleet.taskPath('film'), JSON.stringify(task));
    assert.deepEqual(await kept(), [`${TASK}.json`]);
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film'), reactive: 'true' });
    await until('history', async () => (await fleet.upload('film')).status === 'finished');
    await until('its keys are gone', async () => (await kept()).length === 0);
  });
});
