import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTaskFile } from '../../src/queue/task-store.ts';
import { Bucket } from '../../src/transports/obs/bucket.ts';
import { TestBucket } from './bucket.ts';
import { TestFleet, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

const TASK = 'cfec-001-film.task.json';
const never = new AbortController().signal;

describe('what a sender has in the bucket', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let objects: TestBucket;
  let bucket: Bucket;

  beforeEach(async () => {
    fleet = await TestFleet.create({ obsupload: 'all', partsize: 102_400 });
    objects = new TestBucket(fleet);
    await fleet.startObs();
    await fleet.sender.start();
    const keys = { accessKey: 'TESTKEY', secretKey: 'TESTSECRET', endpoint: objects.endpoint };
    bucket = await Bucket.open(keys, 'cfec-001', 'path');
  });
  afterEach(async () => {
    bucket.close();
    await fleet.close();
  });

  it('decision 21: obsupload all, the whole package, also of a task without an obs share; the task says so and its list names all', async () => {
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:0:1');
    const task = await readTaskFile(fleet.taskPath('film'));
    assert.deepEqual([task.obslist, task.obs.upload], [[], 'all']);
    const found: string[] = [];
    for await (const { key } of bucket.list('dcps/film/', never)) found.push(key.slice('dcps/film/'.length));
    assert.deepEqual(found.toSorted(), task.filelist.map(({ file }) => file).toSorted());
    const list = (await (await fetch(task.obs.signedlist ?? '')).json()) as { files: Record<string, string> };
    for (const { file, size } of task.filelist) {
      const bytes = await (await fetch(list.files[file] ?? '')).arrayBuffer();
      assert.equal(bytes.byteLength, size, file);
    }
  });

  it('decision 14: a task that is cancelled half-way leaves no parts there, and no record of them', async () => {
    await writePackage(fleet.packagePath('film'), SMALL);
    await objects.fail({ match: { operation: 'completeMultipartUpload' }, fault: { kind: 'stall' } });
    await fleet.make('film', '0:1:0');
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film') });
    const unfinished = () => bucket.unfinishedUploads('dcps/film/', never);
    await until('a multipart upload', async () => (await unfinished()).length > 0);
    const uploads = join(fleet.sender.root, 'transfer/uploads/sent');
    assert.deepEqual(await readdir(uploads), [TASK]);
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: TASK });
    assert.deepEqual(await unfinished(), []);
    assert.deepEqual(await readdir(uploads), []);
  });

  it('a sender that is stopped half-way keeps the parts, and goes on with them when it is started; no keys lie there', async () => {
    await writePackage(fleet.packagePath('film'), SMALL);
    await objects.fail({ match: { operation: 'completeMultipartUpload' }, fault: { kind: 'stall' } });
    await fleet.make('film', '0:1:0');
    await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('film') });
    await until('all parts', async () => (await objects.requests('completeMultipartUpload')) === 3);
    await fleet.sender.end();
    const directory = join(fleet.sender.root, 'transfer/uploads/sent', TASK);
    const records = (await readdir(directory)).filter(name => name.endsWith('.upload'));
    assert.ok(records.length > 0);
    for (const name of records)
      assert.doesNotMatch(await readFile(join(directory, name), 'utf8'), /TESTKEY|TESTSECRET/);
    await objects.fail();
    const sent = await objects.requests('uploadPart');
    await fleet.sender.start();
    await until('ready', async () => (await fleet.upload('film')).status === 'ready');
    assert.equal(await objects.requests('uploadPart'), sent, 'no part is sent again');
    assert.deepEqual(await bucket.unfinishedUploads('dcps/film/', never), []);
  });
});
