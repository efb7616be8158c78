import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { silentLog } from '../../src/core/log.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { PausedTasks } from '../../src/roles/paused-tasks.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const [A, B, C] = ['a', 'b', 'c'].map(name => `cfec-001-${name}.task.json`) as [string, string, string];

describe('roles: what an operator paused', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  const opened: PausedTasks<ReceivingState>[] = [];
  const path = () => at('state', 'paused.json');
  const open = async () => {
    const paused = new PausedTasks({ store, log: silentLog }, { path: path(), states: ['queues', 'downloading'] });
    opened.push(paused);
    await paused.start();
    return paused;
  };
  const kept = async () => JSON.parse(await readFile(path(), 'utf8')) as string[];

  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
    for (const name of [A, B, C]) await store.submit('queues', name, realTask());
  });
  afterEach(() => Promise.all(opened.splice(0).map(paused => paused.stop())));

  it('is durable when it is acknowledged, whatever is asked at once, and outlives a restart', async () => {
    const paused = await open();
    await Promise.all([paused.add(A), paused.add(B), paused.add(C), paused.add(A), paused.remove(C)]);
    assert.deepEqual(await kept(), [A, B]);
    const again = await open();
    assert.deepEqual(
      [A, B, C, '__proto__'].map(name => again.has(name)),
      [true, true, false, false],
    );
  });

  it('goes on with its task, and ends with it', async () => {
    const paused = await open();
    await Promise.all([paused.add(A), paused.add(B)]);
    await store.move(A, 'queues', 'downloading');
    assert.equal(paused.has(A), true);
    await store.move(A, 'downloading', 'downloaded');
    await store.remove('queues', B);
    await paused.stop();
    assert.deepEqual([paused.has(A), paused.has(B), await kept()], [false, false, []]);
  });

  it('of a task that went while the daemon was down it is forgotten', async () => {
    await (await open()).add(A);
    await store.remove('queues', A);
    assert.equal((await open()).has(A), false);
  });

  it('a damaged record is named', async () => {
    await (await open()).add(A);
    await writeFile(path(), '{"a":1}');
    await assert.rejects(open(), { code: 'CONFIG_INVALID', message: /paused\.json cannot be read/ });
  });
});
