import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs, { appendFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { QueueWatch } from '../../src/queue/queue-watch.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { type StateChange, TaskStore } from '../../src/queue/task-store.ts';
import { REAL_EXAMPLE, realTask } from '../task/examples.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const NAME = 'cfec-001-adv.task.json';
const OTHER = 'cfec-001-other.task.json';

describe('queue: task files put there by hand (BD-07, BR-02, decisions 16 and 17)', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  let watch: QueueWatch<ReceivingState>;

  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
    watch = new QueueWatch({ store, log: silentLog }, 'queues');
  });
  let writing: NodeJS.Timeout | undefined;
  afterEach(() => {
    clearInterval(writing);
    return watch.stop();
  });
  const change = async () => (await once(store, 'changed')) as [StateChange<ReceivingState>];
  const reason = (stem = 'cfec-001-adv') => readFile(at('receiver', 'corrupt', `${stem}.err`), 'utf8');

  it('are taken in when they have been moved in, or lay there at the start', async () => {
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    assert.deepEqual(await store.ready('queues'), []);
    await watch.start();
    assert.deepEqual(await change(), [{ name: NAME, from: undefined, to: 'queues' }]);
    await writeFile(at('moved'), REAL_EXAMPLE);
    await rename(at('moved'), store.path('queues', OTHER));
    await change();
    assert.deepEqual((await store.ready('queues')).toSorted(), [NAME, OTHER]);
  });

  it('are left alone while somebody writes them', async () => {
    await watch.start();
    const half = REAL_EXAMPLE.length / 2;
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE.slice(0, half));
    // Another one, put there later, is taken in only after its own two seconds: by then the first would have been read, were it not written on.
    writing = setInterval(() => void appendFile(store.path('queues', NAME), ' '), 300);
    await writeFile(store.path('queues', OTHER), REAL_EXAMPLE);
    assert.equal((await change())[0].name, OTHER);
    clearInterval(writing);
    assert.deepEqual(await store.ready('queues'), [OTHER]);
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    assert.equal((await change())[0].name, NAME);
  });

  it('that cannot be read go to corrupt/ with the reason; a second one of that name beside the first', async () => {
    await watch.start();
    for (const stem of ['cfec-001-adv', 'cfec-001-adv.2']) {
      await writeFile(store.path('queues', NAME), '{ "name": 7 }');
      assert.deepEqual(await change(), [{ name: NAME, from: 'queues', to: undefined }]);
      assert.match(await reason(stem), /required property .basesubdir/);
    }
    const names = (await readdir(at('receiver', 'corrupt'))).toSorted();
    assert.deepEqual(names, ['cfec-001-adv.2.err', 'cfec-001-adv.2.task.json', 'cfec-001-adv.err', NAME]);
  });

  it('whose task is further on go to corrupt/, too: the later state wins', async () => {
    await store.submit('downloading', NAME, realTask());
    await watch.start();
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    await change();
    assert.match(await reason(), /lies in downloading/);
    assert.equal(await store.find(NAME), 'downloading');
  });

  it('are no matter when they are hidden, directories, or something else', async () => {
    await watch.start();
    await writeFile(store.path('queues', '.hidden.task.json'), REAL_EXAMPLE);
    await writeFile(store.path('queues', 'readme.txt'), '');
    await mkdir(store.path('queues', OTHER));
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    assert.equal((await change())[0].name, NAME);
    assert.deepEqual(await store.ready('queues'), [NAME]);
  });

  it('that cannot be opened are named in the log and looked at again', async () => {
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    // As the superuser there is no file that cannot be opened.
    const { readFile: really } = fs;
    const refused = new Promise<void>(resolve => {
      fs.readFile = () => {
        resolve();
        return Promise.reject(Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES' }));
      };
    });
    syncBuiltinESMExports();
    const logged: unknown[] = [];
    const log = Object.assign(Object.create(silentLog) as Logger, {
      error: (context: { task: string; err: { message: string } }) => logged.push([context.task, context.err.message]),
    });
    const again = new QueueWatch({ store, log }, 'queues', 10);
    try {
      await again.start();
      await refused;
      assert.deepEqual(await store.ready('queues'), []);
      fs.readFile = really;
      syncBuiltinESMExports();
      assert.deepEqual(await change(), [{ name: NAME, from: undefined, to: 'queues' }]);
      assert.deepEqual(logged[0], [NAME, `open json file error:open ${store.path('queues', NAME)}: EACCES`]);
    } finally {
      fs.readFile = really;
      syncBuiltinESMExports();
      await again.stop();
    }
  });

  it('that are links are named in the log once, and stay', async () => {
    const logged: unknown[] = [];
    const log = Object.assign(Object.create(silentLog) as Logger, {
      warn: (context: { task: string }, text: string) => logged.push([context.task, text]),
    });
    const told = new TaskStore({ log }, { root: at('receiver'), states: RECEIVING });
    const watching = new QueueWatch({ store: told, log }, 'queues');
    await writeFile(at('elsewhere'), REAL_EXAMPLE);
    await symlink(at('elsewhere'), store.path('queues', OTHER));
    try {
      await watching.start();
      await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
      await once(told, 'changed');
      assert.deepEqual(logged, [[OTHER, 'not a regular file: it is not taken in']]);
      assert.deepEqual((await readdir(store.directory('queues'))).toSorted(), [NAME, OTHER].toSorted());
    } finally {
      await watching.stop();
    }
  });

  it('and taken away again are forgotten', async () => {
    await store.submit('queues', NAME, realTask());
    await store.letGo('queues', NAME);
    assert.deepEqual(await store.ready('queues'), [NAME]);
    await rm(store.path('queues', NAME));
    await store.letGo('queues', NAME);
    await writeFile(store.path('queues', NAME), REAL_EXAMPLE);
    assert.deepEqual(await store.ready('queues'), []);
  });
});
