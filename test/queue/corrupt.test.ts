import assert from 'node:assert/strict';
import fs, { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { SENDING, type SendingState } from '../../src/queue/states.ts';
import { readTaskFile, type StateChange, TaskStore } from '../../src/queue/task-store.ts';
import { REAL_EXAMPLE, realTask } from '../task/examples.ts';
import { makeFifo, temporaryDirectory } from '../temporary-directory.ts';

const NAME = 'cfec-001-adv.task.json';
const invalid = (path: string) => ({ code: 'TASK_FILE_INVALID', message: `invalid json format:${path}` });

describe('queue: task files that cannot be read (decision 16, fault 16)', () => {
  const at = temporaryDirectory();
  let store: TaskStore<SendingState>;
  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('sender'), states: SENDING });
    await store.start();
  });
  const corrupt = async () => (await readdir(at('sender', 'corrupt'))).toSorted();

  it('go to corrupt/ with the reason beside them, and the others go on', async () => {
    await writeFile(store.path('uploading', NAME), '{ "name": 7 ');
    await store.submit('queues', 'cfec-001-good.task.json', realTask());
    const changes: StateChange<SendingState>[] = [];
    store.on('changed', change => changes.push(change));
    await assert.rejects(store.read('uploading', NAME), invalid(store.path('uploading', NAME)));
    assert.deepEqual(await corrupt(), ['cfec-001-adv.err', NAME]);
    assert.equal(await readFile(at('sender', 'corrupt', NAME), 'utf8'), '{ "name": 7 ');
    assert.match(await readFile(at('sender', 'corrupt', 'cfec-001-adv.err'), 'utf8'), /^not JSON: Expected ','.*\n$/);
    assert.deepEqual(changes, [{ name: NAME, from: 'uploading', to: undefined }]);
    assert.deepEqual(await store.list('queues'), ['cfec-001-good.task.json']);
    assert.equal((await store.read('queues', 'cfec-001-good.task.json')).name, realTask().name);
  });

  it('say in the reason which key is wrong', async () => {
    await writeFile(store.path('uploading', NAME), REAL_EXAMPLE.replace('942225235', '"a lot"'));
    await assert.rejects(store.read('uploading', NAME), { code: 'TASK_FILE_INVALID' });
    assert.equal(await readFile(at('sender', 'corrupt', 'cfec-001-adv.err'), 'utf8'), '"size" must be integer\n');
  });

  it('never put the access keys that they hold into the reason', async () => {
    await writeFile(store.path('uploading', NAME), REAL_EXAMPLE.replace('"EXAMPLESECRETKEY"', 'EXAMPLESECRETKEY'));
    await assert.rejects(store.read('uploading', NAME), { code: 'TASK_FILE_INVALID' });
    assert.doesNotMatch(await readFile(at('sender', 'corrupt', 'cfec-001-adv.err'), 'utf8'), /EXAMPLE/);
  });

  it('are moved once when two read them at the same time', async () => {
    await writeFile(store.path('uploading', NAME), '');
    const changes: unknown[] = [];
    store.on('changed', change => changes.push(change));
    const reads = await Promise.allSettled([store.read('uploading', NAME), store.read('uploading', NAME)]);
    for (const read of reads) {
      assert.ok(read.status === 'rejected' && read.reason instanceof BftError);
      assert.ok(['TASK_FILE_INVALID', 'TASK_FILE_MISSING'].includes(read.reason.code));
    }
    assert.equal(changes.length, 1);
    assert.deepEqual(await corrupt(), ['cfec-001-adv.err', NAME]);
  });

  it('can have the longest of names', async () => {
    const name = `${'a'.repeat(245)}.task.json`;
    await writeFile(store.path('uploading', name), '');
    await assert.rejects(store.read('uploading', name), invalid(store.path('uploading', name)));
    assert.deepEqual(await corrupt(), [`${'a'.repeat(245)}.err`, name]);
  });

  it('stay where they are while somebody may still be writing them, whoever reads them', async () => {
    await writeFile(store.path('queues', NAME), '{ "name": 7 ');
    await assert.rejects(store.read('queues', NAME), invalid(store.path('queues', NAME)));
    assert.deepEqual(await store.get(NAME), { state: 'queues', task: undefined });
    assert.deepEqual([await store.list('queues'), await corrupt()], [[NAME], []]);
    await store.takeIn('queues', NAME);
    assert.deepEqual(await corrupt(), ['cfec-001-adv.err', NAME]);
  });

  it('are told from good ones at every length that a crash may leave', async () => {
    const { filelist, btlist, cdnlist, ...rest } = realTask();
    const small = { ...rest, filelist: filelist.slice(0, 1), btlist: btlist.slice(0, 1), cdnlist: cdnlist.slice(0, 1) };
    await store.submit('queues', NAME, small);
    const whole = await readFile(store.path('queues', NAME));
    // The last byte is the newline: without it the task is whole.
    for (let length = 0; length < whole.length - 1; length++) {
      const path = at('torn.task.json');
      await writeFile(path, whole);
      await truncate(path, length);
      await assert.rejects(readTaskFile(path), invalid(path), `torn after ${length} bytes`);
    }
  });
});

describe('queue: reading a task file from anywhere', () => {
  const at = temporaryDirectory();

  it('BS-11, BR-21: says when there is none, in the exact words', async () => {
    const path = at('gone.task.json');
    await assert.rejects(readTaskFile(path), {
      code: 'TASK_FILE_MISSING',
      message: `open json file error:open ${path}: no such file or directory`,
    });
  });

  it('BS-12, BR-22: says when it is none, in the exact words, and keeps why', async () => {
    await writeFile(at('x'), 'not a task');
    await assert.rejects(readTaskFile(at('x')), (error: BftError) => {
      assert.equal(error.message, `invalid json format:${at('x')}`);
      assert.match(String(error.cause), /not JSON/);
      return true;
    });
  });

  it('refuses directories, devices and pipes without reading them', async () => {
    await makeFifo(at('pipe'));
    for (const path of [at(), at('pipe'), '/dev/zero']) {
      const message = `open json file error:open ${path}: not a regular file`;
      await assert.rejects(readTaskFile(path), { code: 'TASK_FILE_MISSING', message });
    }
  });

  it('refuses more than 64 MiB without reading it (hostile input 9)', async () => {
    await writeFile(at('huge'), '');
    await truncate(at('huge'), 64 * 1024 * 1024 + 1);
    await assert.rejects(readTaskFile(at('huge')), invalid(at('huge')));
  });

  it('fault 11: gives up on a task that is there and cannot be read, instead of looking for it for ever', async () => {
    const store = new TaskStore({ log: silentLog }, { root: at('sender'), states: SENDING });
    await store.start();
    await store.submit('queues', NAME, realTask());
    // A disk that fails: as the superuser there is no file that cannot be read.
    const { readFile } = fs;
    fs.readFile = () => Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }));
    syncBuiltinESMExports();
    try {
      const message = `open json file error:open ${store.path('queues', NAME)}: EIO`;
      await assert.rejects(store.get(NAME), { code: 'TASK_FILE_MISSING', message });
    } finally {
      fs.readFile = readFile;
      syncBuiltinESMExports();
    }
    assert.equal((await store.get(NAME))?.state, 'queues');
  });
});
