import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { silentLog } from '../../src/core/log.ts';
import { SENDING, type SendingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { QueueRunner } from '../../src/roles/queue-runner.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { realTask } from '../task/examples.ts';

const NAME = 'cfec-001-film.task.json';

describe('roles/queue-runner', () => {
  const at = temporaryDirectory();
  const runs = new EventEmitter();
  let store: TaskStore<SendingState>;
  let queue: QueueRunner<SendingState>;

  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('sender'), states: SENDING });
    await store.start();
    await store.submit('queues', NAME, realTask());
    const run = (_name: string, signal: AbortSignal) => {
      runs.emit('begun');
      return new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    };
    const options = { from: 'queues', to: 'uploading', limit: () => 1, onTake: async () => {}, run } as const;
    queue = new QueueRunner({ store, log: silentLog }, options);
  });
  afterEach(() => queue.stop());

  it('a task counts as running as soon as its file lies there: a second send in between is refused (BS-15)', async () => {
    let isRunning: boolean | undefined;
    store.on('changed', () => (isRunning = queue.isRunning(NAME)));
    const begun = once(runs, 'begun');
    await queue.start();
    await begun;
    assert.equal(isRunning, true);
  });

  it('a task that was stopped for something that failed is taken up again', async () => {
    const first = once(runs, 'begun');
    await queue.start();
    await first;
    await queue.cancel(NAME, () => Promise.resolve());
    assert.equal(queue.isRunning(NAME), false);
    const again = once(runs, 'begun');
    queue.resume(NAME);
    queue.resume(NAME);
    await again;
    assert.equal(queue.isRunning(NAME), true);
  });

  it('lists what waits once, not for each that comes or goes, and takes it oldest first', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `cfec-001-film${String(index).padStart(2, '0')}.task.json`);
    await store.remove('queues', NAME);
    for (const name of names) await store.submit('queues', name, realTask());
    let lists = 0;
    const ready = store.ready.bind(store);
    store.ready = state => {
      lists++;
      return ready(state);
    };
    const taken: string[] = [];
    const { promise: allTaken, resolve } = Promise.withResolvers<void>();
    const quick = new QueueRunner(
      { store, log: silentLog },
      {
        from: 'queues',
        to: 'uploading',
        limit: () => 2,
        onTake: async () => {},
        run: async name => {
          await store.move(name, 'uploading', 'uploaded');
          if (taken.push(name) === names.length) resolve();
        },
      },
    );
    await quick.start();
    // As many come in at once as by hand.
    for (const name of names) store.emit('changed', { name, from: undefined, to: 'queues' });
    await allTaken;
    await quick.stop();
    assert.deepEqual(taken.toSorted(), names);
    assert.equal(taken[0], names[0]);
    assert.ok(lists <= 3, `listed ${lists} times`);
  });

  it('takes what comes while it lists', async () => {
    const late = 'cfec-001-late.task.json';
    await store.remove('queues', NAME);
    const ready = store.ready.bind(store);
    store.ready = async state => {
      store.ready = ready;
      const names = await ready(state);
      await store.submit('queues', late, realTask());
      return names;
    };
    const begun = once(runs, 'begun');
    await queue.start();
    await begun;
    assert.equal(await store.find(late), 'uploading');
  });
});
