import assert from 'node:assert/strict';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskFile } from '../../src/task/task-file.ts';
import { TestBucket } from './bucket.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, MIXED, SMALL, writePackage } from './packages.ts';

const SLOW_DOWN = { match: { operation: 'getObject' }, fault: { kind: 'status', status: 503, code: 'SlowDown' } };

const query = (fleet: TestFleet, name: string) =>
  fleet.sender.call('/taskfilesquery', 'taskfilesquery', {
    dcppath: fleet.packagePath(name),
    taskfile: fleet.taskPath(name),
  });

describe('a package whose data lies in the bucket (BN-007, BS-30, C-35)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let bucket: TestBucket;
  let receiver: TestNode;
  const original = () => join(fleet.root, 'original');

  before(async () => {
    fleet = await TestFleet.create({ retryminutes: 0.01 });
    bucket = new TestBucket(fleet);
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver');
    await writePackage(original(), MIXED);
    await bucket.put(original(), 'film');
  });
  after(() => fleet.close());

  const made = (name: string) =>
    until(`${name} is made`, async () => (await query(fleet, name)).return_content.status === 'finished');
  const ready = (name: string) =>
    until(`${name} is ready`, async () => (await fleet.upload(name)).status === 'ready' && (await fleet.upload(name)));

  it('is brought by gentask, which says meanwhile that it makes the task (BQ-02)', async () => {
    await bucket.fail(SLOW_DOWN);
    const answer = await fleet.gentask('film', { datasource: 'obs' });
    assert.equal(answer.return_status, 'true', JSON.stringify(answer));
    const { return_status, return_content } = await query(fleet, 'film');
    assert.deepEqual(
      [return_status, return_content.status, return_content.desc],
      ['true', 'unfinished', 'process making seed '],
    );
    await assert.rejects(access(fleet.packagePath('film')), { code: 'ENOENT' });
    await bucket.fail();
    await made('film');
    await assertSameTree(fleet.packagePath('film'), original());
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as TaskFile;
    assert.deepEqual([task.datasource, task.type, task.obs.url], ['obs', 'dir', 'obs://cfec-001/dcps/film']);
  });

  it('is sent without an upload, and received', async () => {
    const uploads = await bucket.requests('putObject');
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film') });
    assert.equal((await ready('film')).obsstatus, 'completed');
    assert.equal(await bucket.requests('putObject'), uploads);
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), original());
  });

  it('is made whole again at send, from the bucket (BS-30)', async () => {
    const gone = join(fleet.packagePath('film'), 'sub', 'snd#2?.mxf');
    await rm(gone);
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film'), reactive: true });
    await until('it is fetched', () =>
      access(gone).then(
        () => true,
        () => false,
      ),
    );
    await ready('film');
    await assertSameTree(fleet.packagePath('film'), original());
  });

  it('is made whole again when the daemon comes back, however often', async () => {
    for (const file of ['pic 1.mxf', 'empty']) {
      await fleet.sender.end();
      await rm(join(fleet.packagePath('film'), file));
      await fleet.sender.start();
      await ready('film');
      await assertSameTree(fleet.packagePath('film'), original());
    }
  });

  it('is brought on by a daemon that was ended meanwhile', async () => {
    await bucket.put(original(), 'later');
    await bucket.fail(SLOW_DOWN);
    await fleet.gentask('later', { datasource: 'obs', btobscdn: '0:0:1' });
    assert.equal(await fleet.sender.end(), 0);
    await assert.rejects(access(fleet.packagePath('later')), { code: 'ENOENT' });
    await bucket.fail();
    await fleet.sender.start();
    await made('later');
    await assertSameTree(fleet.packagePath('later'), original());
  });

  it('is stopped by cancel: what was fetched so far goes (BX-06)', async () => {
    await bucket.put(original(), 'dropped');
    const staged = join(fleet.sender.root, 'transfer', 'source', 'cfec-001');
    const left = async () => (await readdir(staged)).filter(entry => entry.includes('dropped'));
    await bucket.fail(SLOW_DOWN);
    await fleet.gentask('dropped', { datasource: 'obs' });
    await until('it is being fetched', async () => (await left()).length > 0);
    const { desc } = await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-dropped.task.json' });
    assert.equal(desc, 'succeed!');
    assert.deepEqual(await left(), []);
    assert.equal((await query(fleet, 'dropped')).return_content.code, 'TASK_CANCELLED');
    await bucket.fail();
  });

  it('that is not there fails with a reason, and can be asked for again', async () => {
    const answer = await fleet.gentask('none', { datasource: 'obs' });
    assert.equal(answer.return_status, 'true', JSON.stringify(answer));
    const failed = await until('it failed', async () => {
      const now = await query(fleet, 'none');
      return now.return_status === 'false' && now;
    });
    assert.deepEqual(failed.return_content.code, 'SOURCE_MISSING');
    assert.match(String(failed.return_content.desc), /there is nothing at obs:\/\/cfec-001\/dcps\/none/);
    await bucket.put(original(), 'none', Object.keys(MIXED).slice(1));
    await fleet.gentask('none', { datasource: 'obs', btobscdn: '0:1:0' });
    await made('none');
  });

  it('is refused elsewhere than at its place in the storage (BD-14)', async () => {
    for (const dcppath of ['/etc/film', `${fleet.packagePath('film')}/sub`, '../film', `${fleet.root}/film`]) {
      const { return_content } = await fleet.gentask('film', { datasource: 'obs', dcppath });
      assert.equal(return_content.code, 'PARAMETER_INVALID', dcppath);
    }
  });
});

describe('a sender on a mounted bucket (BN-006, BO-03)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let bucket: TestBucket;

  before(async () => {
    fleet = await TestFleet.create({ machinetype: 'hwecs', retryminutes: 0.01 });
    bucket = new TestBucket(fleet);
    await fleet.startObs();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
  });
  after(() => fleet.close());

  it('uploads nothing, and is ready when the bucket has the share, told by size (BU-08)', async () => {
    await bucket.put(fleet.packagePath('film'), 'film', ['a.mxf']);
    const uploads = await bucket.requests('putObject');
    await fleet.make('film', '0:1:0');
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film') });
    const waiting = await until('it says what is missing', async () => {
      const upload = await fleet.upload('film');
      return upload.status === 'error' && upload;
    });
    assert.match(String(waiting.detail), /obs:\/\/cfec-001\/dcps\/film is not complete: a.mxf is missing/);
    assert.equal(waiting.obsstatus, 'uncompleted 50%');
    assert.equal(await bucket.requests('putObject'), uploads);
    await bucket.put(fleet.packagePath('film'), 'film');
    await until('it is ready', async () => (await fleet.upload('film')).status === 'ready');
    assert.equal((await fleet.upload('film')).obsstatus, 'completed');
    const receiver = await fleet.node('receiver', 'receiver');
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  });
});

describe('keys of the buckets file (decision 23, BC-44)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  const path = () => join(fleet.root, 'buckets');
  const write = async (line: string) => {
    await rm(path(), { force: true });
    await writeFile(path(), `# keys\n${line}\n`, { mode: 0o600 });
  };

  before(async () => {
    fleet = await TestFleet.create({
      obsak: 'WRONG',
      obssk: 'WRONGSECRET',
      obsendpoint: 'http://127.0.0.1:1',
      retryminutes: 0.01,
    });
    fleet.sender.config.buckets = path();
    await write(`cfec-001 TESTKEY TESTSECRET http://127.0.0.1:${fleet.obsPort}`);
    await fleet.startObs();
    await fleet.sender.start();
    for (const name of ['film', 'given']) await writePackage(fleet.packagePath(name), SMALL);
  });
  after(() => fleet.close());

  it('come before the configuration, and are seen nowhere', async () => {
    await fleet.publish('film', '0:1:0');
    const receiver = await fleet.node('receiver', 'receiver');
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
    const task = await readFile(fleet.taskPath('film'), 'utf8');
    for (const text of [task, fleet.sender.output]) assert.doesNotMatch(text, /TESTSECRET|WRONGSECRET/);
  });

  it('give what gentask does not: an endpoint alone goes with the keys that are there', async () => {
    await write('cfec-001 TESTKEY TESTSECRET http://127.0.0.1:1');
    const endpoint = `http://127.0.0.1:${fleet.obsPort}`;
    const made = await fleet.gentask('given', { btobscdn: '0:1:0', endpoint });
    assert.equal(made.return_status, 'true', JSON.stringify(made));
    await until('it is made', async () => (await query(fleet, 'given')).return_content.status === 'finished');
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('given') });
    await until('it is ready', async () => (await fleet.upload('given')).status === 'ready');
  });

  it('that others may read are refused, with the file named', async () => {
    await rm(path());
    await writeFile(path(), `cfec-001 TESTKEY TESTSECRET http://127.0.0.1:${fleet.obsPort}\n`, { mode: 0o644 });
    const { return_status, return_content } = await fleet.gentask('film', { datasource: 'obs' });
    assert.deepEqual([return_status, return_content.code], ['false', 'BUCKETS_FILE']);
    assert.match(String(return_content.desc), /chmod 600/);
  });
});
