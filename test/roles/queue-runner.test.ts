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
});
