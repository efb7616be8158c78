import assert from 'node:assert/strict';
import { silentLog } from '../../src/core/log.ts';
import { SENDING } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { QueueRunner } from '../../src/roles/queue-runner.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { realTask } from '../task/examples.ts';

const NAME = 'cfec-001-film.task.json';

describe('roles/queue-runner', () => {
  const at = temporaryDirectory();

  it('a task counts as running as soon as its file lies there: a second send in between is refused (BS-15)', async () => {
    const store = new TaskStore({ log: silentLog }, { root: at('sender'), states: SENDING });
    await store.start();
    await store.submit('queues', NAME, realTask());
    let isRunning: boolean | undefined;
    const { promise: ran, resolve } = Promise.withResolvers<void>();
    const queue = new QueueRunner(
      { store, log: silentLog },
      {
        from: 'queues',
        to: 'uploading',
        limit: () => 1,
        onTake: async () => {},
        run: async () => resolve(),
      },
    );
    store.on('changed', () => (isRunning = queue.isRunning(NAME)));
    await queue.start();
    await ran;
    await queue.stop();
    assert.equal(isRunning, true);
  });
});
