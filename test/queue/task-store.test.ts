import assert from 'node:assert/strict';
import fs, { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { silentLog } from '../../src/core/log.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { type StateChange, TaskStore } from '../../src/queue/task-store.ts';
import { serializeTaskFile, type TaskFile } from '../../src/task/task-file.ts';
import { REAL_EXAMPLE, realTask } from '../task/examples.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const NAME = 'cfec-001-adv.task.json';

describe('queue: the task store', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  let task: TaskFile;
  let changes: StateChange<ReceivingState>[];

  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    changes = [];
    store.on('changed', change => changes.push(change));
    await store.start();
    task = realTask();
  });
  const where = async () => {
    const states = await Promise.all(
      RECEIVING.map(async state => (await readdir(store.directory(state))).map(() => state)),
    );
    return states.flat();
  };

  it('BD-06 … BD-10: makes its directories, and starts again over them', async () => {
    const directories = ['corrupt', 'downloaded', 'downloading', 'history', 'queues', 'tmp'];
    assert.deepEqual((await readdir(at('receiver'))).toSorted(), directories);
    await store.submit('queues', NAME, task);
    await store.start();
    assert.equal(await store.find(NAME), 'queues');
    await store.stop();
  });

  it('BD-32: the directory is the state: submitted, moved on, moved back, removed, and told so', async () => {
    assert.equal(await store.find(NAME), undefined);
    await store.submit('queues', NAME, task);
    assert.deepEqual([await store.find(NAME), await where()], ['queues', ['queues']]);
    await store.move(NAME, 'queues', 'downloading');
    assert.deepEqual([await store.find(NAME), await where()], ['downloading', ['downloading']]);
    await store.move(NAME, 'downloading', 'queues');
    await store.remove('queues', NAME);
    assert.deepEqual([await store.find(NAME), await where()], [undefined, []]);
    assert.deepEqual(
      changes.map(({ name, from, to }) => [name, from, to]),
      [
        [NAME, undefined, 'queues'],
        [NAME, 'queues', 'downloading'],
        [NAME, 'downloading', 'queues'],
        [NAME, 'queues', undefined],
      ],
    );
  });

  it('keeps what a task says, and takes what it says from the move on', async () => {
    await store.submit('queues', NAME, task);
    assert.deepEqual(await store.read('queues', NAME), task);
    await store.move(NAME, 'queues', 'downloading', { ...task, receivetime: '2021-04-19 22:51:05' });
    const { receivetime, ...rest } = await store.read('downloading', NAME);
    assert.deepEqual([receivetime, rest], ['2021-04-19 22:51:05', task]);
    await store.write('downloading', NAME, task);
    assert.deepEqual(await store.get(NAME), { state: 'downloading', task });
  });

  it('keeps access keys from other users', async () => {
    await store.submit('queues', NAME, task);
    assert.equal((await stat(store.path('queues', NAME))).mode & 0o777, 0o600);
    await store.write('queues', NAME, task);
    assert.equal((await stat(store.path('queues', NAME))).mode & 0o777, 0o600);
  });

  it('does not say that a task moved when it did not', async () => {
    await assert.rejects(store.move(NAME, 'queues', 'downloading'), { code: 'ENOENT' });
    assert.deepEqual(changes, []);
    assert.equal(await store.get(NAME), undefined);
  });

  it('lists tasks oldest first, by name when of one age, and nothing else that lies there', async () => {
    const ages = { 'b.task.json': 30, 'a.task.json': 20, 'd.task.json': 10, 'c.task.json': 20 };
    for (const [name, seconds] of Object.entries(ages)) {
      await store.submit('queues', name, task);
      await utimes(store.path('queues', name), seconds, seconds);
    }
    for (const name of ['a.err', '.hidden.task.json', 'notes.txt', '.a.task.json.0123456789ab.tmp']) {
      await writeFile(at('receiver', 'queues', name), 'x');
    }
    await mkdir(at('receiver', 'queues', 'directory.task.json'));
    await symlink(store.path('queues', 'a.task.json'), at('receiver', 'queues', 'link.task.json'));
    assert.deepEqual(await store.list('queues'), ['d.task.json', 'a.task.json', 'c.task.json', 'b.task.json']);
    assert.equal(await store.find('directory.task.json'), undefined);
    assert.equal(await store.find('link.task.json'), undefined);
  });

  it('names what lies beside a task', () => {
    assert.equal(store.sidecar('downloading', NAME, '.err'), at('receiver', 'downloading', 'cfec-001-adv.err'));
  });

  it('removes what interrupted writes left', async () => {
    const left = `.${NAME}.0123456789ab.tmp`;
    for (const state of RECEIVING) await writeFile(at('receiver', state, left), '{');
    await store.start();
    assert.deepEqual(await where(), []);
  });

  it('decision 17, fault 15: of one task in two directories the later state wins, the other goes to corrupt/', async () => {
    const other = 'cfec-001-other.task.json';
    await store.submit('queues', NAME, { ...task, sendtime: 'the early one' });
    await store.submit('downloaded', NAME, { ...task, sendtime: 'the late one' });
    await store.submit('downloading', other, task);
    await store.start();
    assert.equal(await store.find(NAME), 'downloaded');
    assert.equal((await store.read('downloaded', NAME)).sendtime, 'the late one');
    assert.deepEqual(await store.list('queues'), []);
    assert.deepEqual(await store.list('downloading'), [other]);
    assert.match(await readFile(at('receiver', 'corrupt', NAME), 'utf8'), /the early one/);
    const reason = await readFile(at('receiver', 'corrupt', 'cfec-001-adv.err'), 'utf8');
    assert.equal(reason, 'the same task lies in a later state directory\n');
  });

  it('decision 17: finds the later one also while both are there', async () => {
    await store.submit('queues', NAME, task);
    await writeFile(store.path('history', NAME), serializeTaskFile(task));
    assert.equal(await store.find(NAME), 'history');
  });

  it('never misses a task while it moves', async () => {
    await store.submit('queues', NAME, task);
    const moving = { done: false };
    const moves = (async () => {
      for (let round = 0; round < 25; round++) {
        await store.move(NAME, 'queues', 'downloading');
        await store.move(NAME, 'downloading', 'queues');
      }
      moving.done = true;
    })();
    let looks = 0;
    while (!moving.done) {
      const found = await store.get(NAME);
      assert.ok(found, `look ${looks}`);
      looks += 1;
    }
    await moves;
    assert.ok(looks > 10);
  });

  it('never misses a task that moves back between two looks', async () => {
    await store.submit('downloading', NAME, task);
    const { lstat } = fs;
    const looked: string[] = [];
    const moved = Promise.withResolvers<void>();
    // The first look sees queues, where the task is not yet, and then downloading, where it is no more.
    fs.lstat = (async (path: string) => {
      looked.push(path);
      if (looked.length > 1) {
        await moved.promise;
        return await lstat(path);
      }
      const info = await lstat(path).catch((error: unknown) => error);
      await store.move(NAME, 'downloading', 'queues');
      moved.resolve();
      throw info;
    }) as typeof fs.lstat;
    syncBuiltinESMExports();
    try {
      assert.equal(await store.find(NAME), 'queues');
    } finally {
      fs.lstat = lstat;
      syncBuiltinESMExports();
    }
    assert.equal(looked[0], store.path('queues', NAME));
  });

  it('takes a task that was put into its directory by hand (BR-02)', async () => {
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    assert.deepEqual(await store.list('queues'), [NAME]);
    assert.deepEqual(await store.read('queues', NAME), task);
  });
});
