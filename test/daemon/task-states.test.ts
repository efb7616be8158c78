import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { Events } from '../../src/core/events.ts';
import { silentLog } from '../../src/core/log.ts';
import { TaskStates } from '../../src/daemon/task-states.ts';
import { RECEIVING } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { ManualClock } from '../manual-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const FILM = 'cfec-001-film.task.json';

describe('daemon: the states of tasks', () => {
  const at = temporaryDirectory();

  it('are counted, and every change is an event', async () => {
    const clock = new ManualClock();
    const events = new Events({ clock });
    const states = new TaskStates(events, { clock });
    const store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    states.add('received', store, RECEIVING);
    await store.start();
    await store.submit('queues', FILM, realTask());
    await store.submit('queues', 'cfec-001-other.task.json', realTask());
    await store.move(FILM, 'queues', 'downloading');
    // What lies beside a task is none.
    await writeFiles(at('receiver', 'downloading'), { 'cfec-001-film.err': '', '.hidden.task.json': '' });
    const received = (state: string, tasks: number) => ({ direction: 'received', state, tasks });
    const counts = [
      received('queues', 1),
      received('downloading', 1),
      received('downloaded', 0),
      received('history', 0),
    ];
    assert.deepEqual(await states.counts(), counts);
    clock.advance(Date.now() + 60_000);
    const [queue] = await states.oldestQueued();
    assert.ok(queue?.direction === 'received' && queue.seconds >= 60 && queue.seconds < 3600, JSON.stringify(queue));
    await store.remove('queues', 'cfec-001-other.task.json');
    assert.deepEqual(await states.oldestQueued(), [{ direction: 'received', seconds: 0 }]);
    await store.remove('downloading', FILM);
    assert.deepEqual(
      events
        .since(0)
        .filter(({ task }) => task === FILM)
        .map(({ code, text }) => [code, text]),
      [
        ['TASK_STATE', 'received task: new in queues'],
        ['TASK_STATE', 'received task: queues → downloading'],
        ['TASK_STATE', 'received task: removed from downloading'],
      ],
    );
  });

  it('are counted as far as they can be read: who watches the node is to see the rest', async () => {
    const clock = new ManualClock();
    const states = new TaskStates(new Events({ clock }), { clock });
    const store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    states.add('received', store, RECEIVING);
    await store.start();
    await rm(at('receiver/queues'), { recursive: true });
    assert.deepEqual(
      (await states.counts()).map(({ state }) => state),
      ['downloading', 'downloaded', 'history'],
    );
    assert.deepEqual(await states.oldestQueued(), []);
  });
});
