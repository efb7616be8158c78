import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { silentLog } from '../../src/core/log.ts';
import { METHODS } from '../../src/core/method.ts';
import { listSchedules, type TimetableOf } from '../../src/daemon/schedules.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { timetableOf } from '../../src/task/task-timetable.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { ManualClock } from '../manual-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const FILM = 'cfec-001-film.task.json';
const byTask: TimetableOf = (task, method) => timetableOf(task, method, '');
const OTHER = 'cfec-001-other.task.json';

describe('daemon: what is scheduled', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
  });

  const priortime = (): TaskFile => ({
    ...realTask(),
    policy: 'priortime',
    'bt-obs-cdn': '1:0:1',
    btlist: ['a.mxf'],
    obslist: [],
    cdnlist: ['b.mxf'],
    bt: { url: '', priortime: '18:00-05:00' },
    cdn: { priortime: '06:00-24:00' },
  });

  it('is what downloads and what is queued, with the windows of the methods that have a share (BA-01, BA-02)', async () => {
    await store.submit('queues', OTHER, { ...priortime(), policy: 'fulltime' });
    await store.submit('downloading', FILM, priortime());
    await store.submit('downloaded', 'cfec-001-old.task.json', priortime());
    const tasks = await listSchedules(store, () => undefined, METHODS, byTask);
    assert.deepEqual(
      tasks.map(({ name, isDownloading, policy, ratio }) => [name, isDownloading, policy, ratio]),
      [
        [FILM, true, 'priortime', '1:0:1'],
        [OTHER, false, 'fulltime', '1:0:1'],
      ],
    );
    const windows = Object.entries(tasks[0]?.methods ?? {}).map(([method, share]) => [method, share.window.text]);
    assert.deepEqual(windows, [
      ['bt', '18:00-05:00'],
      ['cdn', '06:00-00:00'],
    ]);
  });

  it('is the bt share only on a cacher (BR-05)', async () => {
    await store.submit('downloading', FILM, priortime());
    const [task] = await listSchedules(store, () => undefined, ['bt'], byTask);
    assert.deepEqual(Object.keys(task?.methods ?? {}), ['bt']);
  });

  it('has the bytes per second that come now (decision 8)', async () => {
    await store.submit('downloading', FILM, priortime());
    const ledger = await Ledger.open(at('ledger'), new ManualClock(), { path: () => '', size: () => undefined });
    ledger.meters.cdn.add('127.0.0.1:80', 4096);
    const [task] = await listSchedules(store, name => (name === FILM ? ledger : undefined), METHODS, byTask);
    assert.deepEqual([task?.methods.bt?.rate, task?.methods.cdn?.rate], [0, 4096]);
  });

  it("has the node's own timetable where it has one (BW-04)", async () => {
    await store.submit('queues', FILM, priortime());
    const own: TimetableOf = (task, method) => timetableOf(task, method, method === 'cdn' ? 'Sat 01:00-05:00 1M' : '');
    const [task] = await listSchedules(store, () => undefined, METHODS, own);
    assert.deepEqual(
      [task?.methods.bt?.window.text, task?.methods.cdn?.window.text],
      ['18:00-05:00', 'Sat 01:00-05:00 1M'],
    );
  });

  it('leaves a task whose hours cannot be read to those who refuse it', async () => {
    await store.submit('queues', FILM, { ...priortime(), cdn: { priortime: 'at night' } });
    assert.deepEqual(await listSchedules(store, () => undefined, METHODS, byTask), []);
  });

  it('leaves a file that cannot be read to those who work with it (decision 16)', async () => {
    await writeFiles(at('receiver'), { [`queues/${FILM}`]: '{"half' });
    assert.deepEqual(await listSchedules(store, () => undefined, METHODS, byTask), []);
    await access(at('receiver', 'queues', FILM));
  });
});
