import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskFile } from '../../src/task/task-file.ts';
import { TestFleet, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

describe('the task file that a sender publishes (decision 19)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    for (const name of ['film', 'short', 'keyed']) await writePackage(fleet.packagePath(name), SMALL);
  });
  after(() => fleet.close());

  const addressOf = (file: string) => `${fleet.originUrl}/dcp/cfec-001/dcps-tmp/${file}`;
  const taskAddress = (name: string) => addressOf(`cfec-001-${name}.task.json`);
  const statusOf = async (address: string) => (await fetch(address, { method: 'HEAD' })).status;
  const isThere = (address: string) => until(`${address} is there`, async () => (await statusOf(address)) === 200);
  const isGone = (address: string) => until(`${address} is gone`, async () => (await statusOf(address)) === 404);

  it('is not there before the task is ready, and then all that a receiver needs', async () => {
    await fleet.make('film', '1:1:1');
    assert.equal(await statusOf(taskAddress('film')), 404);
    await fleet.publish('film', '1:1:1');
    await isThere(taskAddress('film'));
    const text = await (await fetch(taskAddress('film'))).text();
    const { sendtime, ...published } = JSON.parse(text) as TaskFile;
    const { sendtime: _, ...made } = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as TaskFile;
    assert.deepEqual(published, made);
    assert.match(sendtime ?? '', /^\d{4}-/);
    const receiver = await fleet.node('receiver', 'receiver');
    await fleet.recv(receiver, 'film', text);
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  });

  it('stays while the daemon is away, and is there again after it came back', async () => {
    await fleet.sender.end();
    const path = join(fleet.packagePath('film'), '..', '..', 'dcps-tmp', 'cfec-001-film.task.json');
    assert.match(await readFile(path, 'utf8'), /"name": "film"/);
    await fleet.sender.start();
    await isThere(taskAddress('film'));
  });

  it('carries no keys, also when the task does: it names the signed list instead', async () => {
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as TaskFile;
    Object.assign(task.obs, { ak: 'A', sk: 'B', endpoint: 'C', obsak: 'TESTKEY', obssk: 'TESTSECRET' });
    delete task.obs.signedlist;
    task.obs.obsendpoint = `http://127.0.0.1:${fleet.obsPort}`;
    await writeFile(fleet.taskPath('film'), JSON.stringify(task));
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film'), reactive: true });
    await until('it is ready', async () => (await fleet.upload('film')).status === 'ready');
    await isThere(taskAddress('film'));
    const { obs } = (await (await fetch(taskAddress('film'))).json()) as TaskFile;
    assert.deepEqual(Object.keys(obs).toSorted(), ['priortime', 'signedlist', 'url']);
    assert.equal(obs.signedlist, addressOf('cfec-001-film.signed.json'));
  });

  it('two tasks of one package have a list each; a copy shares one, until the last of them ends', async () => {
    const send = async (name: string, task: object) => {
      await writeFile(fleet.taskPath(name), JSON.stringify(task));
      await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath(name) });
      await until(`${name} is ready`, async () => (await fleet.upload(name)).status === 'ready');
    };
    const cancel = (name: string) => fleet.sender.ask('/cancel', 'cancel', { taskfile: `cfec-001-${name}.task.json` });
    const task = (await (await fetch(taskAddress('film'))).json()) as TaskFile;
    const own = await (await fetch(addressOf('cfec-001-film.signed.json'))).text();
    await send('copy', { ...task, obs: { ...task.obs, signedlist: addressOf('shared.signed.json') } });
    await send('copy2', { ...task, obs: { ...task.obs, signedlist: addressOf('shared.signed.json') } });
    assert.equal(await (await fetch(addressOf('cfec-001-film.signed.json'))).text(), own);
    await cancel('copy');
    assert.equal(await statusOf(addressOf('shared.signed.json')), 200);
    await cancel('copy2');
    assert.equal(await statusOf(addressOf('shared.signed.json')), 404);
    assert.equal(await statusOf(addressOf('cfec-001-film.signed.json')), 200);
  });

  it('goes with the signed list when the task is cancelled', async () => {
    await isThere(addressOf('cfec-001-film.signed.json'));
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
    for (const address of [taskAddress('film'), addressOf('cfec-001-film.signed.json')])
      assert.equal(await statusOf(address), 404);
  });

  it('goes with the signed list when the seed time is over', async () => {
    await fleet.gentask('short', { seedtime: '0' });
    const params = { dcppath: fleet.packagePath('short'), taskfile: fleet.taskPath('short') };
    await until(
      'it is made',
      async () => (await fleet.sender.ask('/taskfilesquery', 'taskfilesquery', params)).status === 'finished',
    );
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('short') });
    await until('it is over', async () => (await fleet.upload('short')).status === 'finished');
    for (const file of ['cfec-001-short.task.json', 'cfec-001-short.signed.json']) await isGone(addressOf(file));
  });

  it('is not published with obscredentials keys', async () => {
    fleet.sender.config.obscredentials = 'keys';
    await fleet.sender.end();
    await fleet.sender.start();
    await fleet.publish('keyed', '1:1:1');
    await isThere(addressOf('cfec-001-keyed.signed.json'));
    await fleet.sender.end();
    await fleet.sender.start();
    await until('it is served again', async () => (await fleet.upload('keyed')).status === 'ready');
    assert.equal(await statusOf(taskAddress('keyed')), 404);
  });
});
