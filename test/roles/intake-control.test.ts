import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { Intake } from '../../src/roles/intake.ts';
import { PausedTasks } from '../../src/roles/paused-tasks.ts';
import type { Transports } from '../../src/roles/serving.ts';
import { TaskRecords } from '../../src/roles/task-records.ts';
import { TorrentShelf } from '../../src/roles/torrent-shelf.ts';
import { Room } from '../../src/transfer/room.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const MINUTE = 60_000;
const [FILM, OTHER] = ['cfec-001-film.task.json', 'cfec-001-other.task.json'];
const idle = { withdraw: () => Promise.resolve() };
const none = { bt: idle, obs: idle, cdn: idle } as unknown as Transports;
/** What needs no torrent. */
const taskOf = (name: string) => ({
  ...realTask(),
  name,
  'bt-obs-cdn': '0:0:1',
  btlist: [],
  btlistsize: 0,
  cdnlist: realTask().filelist.map(({ file }) => file),
  cdnlistsize: realTask().size,
  receivetime: '2026-11-21 12:00:00',
});

describe('roles: pause, resume and retry of what is received', () => {
  // Before the directory goes.
  afterEach(() => end());
  const at = temporaryDirectory();
  /** `begun` with the name of a task at each of its tries. */
  const tries = new EventEmitter<{ begun: [string] }>();
  const begun: string[] = [];
  tries.on('begun', name => begun.push(name));
  let clock: SteppedClock;
  let config: Config;
  let store: TaskStore<ReceivingState>;
  let paused: PausedTasks<ReceivingState>;
  let intake: Intake;
  /** What a try does. */
  let work: (signal: AbortSignal) => Promise<void>;
  const hangs = (signal: AbortSignal) =>
    new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
  const fails = () => Promise.reject(new BftError('SOURCE_UNREACHABLE', 'http://127.0.0.1/x does not answer'));

  /** As the daemon starts. */
  const begin = async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
    paused = new PausedTasks(
      { store, log: silentLog },
      { path: at('state/paused.json'), states: ['queues', 'downloading'] },
    );
    await paused.start();
    const records = new TaskRecords(at('state'), 'received');
    const shelf = new TorrentShelf({ download: fails, log: silentLog });
    const room = new Room({ clock, log: silentLog }, () => ({ path: at(), isChecked: false, reserve: 0 }));
    intake = new Intake(
      { store, records, paused, shelf, transports: none, room, clock, log: silentLog },
      () => config,
      {
        needsFull: false,
        packagePath: ({ name }) => at('dcp', name),
        plan: task => Promise.resolve(task),
        run: async (item, signal) => {
          tries.emit('begun', item.name);
          await work(signal);
          signal.throwIfAborted();
        },
      },
    );
    await intake.start();
  };
  const end = async () => {
    await intake.stop();
    await paused.stop();
  };
  beforeEach(async () => {
    begun.length = 0;
    work = hangs;
    clock = new SteppedClock(Date.UTC(2026, 10, 21));
    await writeFiles(at(), {
      'config.json': `{"servertype":"receiver","downloadingnum":1,"transferpath":"${at('transfer')}"}`,
    });
    config = await loadConfig(at('config.json'));
    await begin();
  });
  /** Resolves when that many tries have begun. */
  const tried = async (count: number) => {
    while (begun.length < count) await once(tries, 'begun');
  };
  const submit = (name: string) => store.submit('queues', name, taskOf(name === FILM ? 'film' : 'other'));
  const hasFailed = async () => {
    while (!intake.failure(FILM)) await turn();
  };
  const givesUp = async () => {
    for (; !intake.hasGivenUp(FILM); await turn()) await clock.advance(MINUTE);
  };

  it('in the queue it stays there and lets others by, also over a restart, until it is resumed', async () => {
    await submit(OTHER);
    await tried(1);
    await submit(FILM);
    await intake.control.pause(FILM);
    await intake.control.pause(FILM);
    await end();
    await begin();
    await intake.control.pause(OTHER);
    assert.deepEqual([await store.find(FILM), await store.find(OTHER)], ['queues', 'downloading']);
    await intake.control.resume(FILM);
    await store.takeIn('queues', FILM);
    await tried(3);
    assert.deepEqual(begun, [OTHER, OTHER, FILM]);
    await assert.rejects(intake.refuseRunning(OTHER), { code: 'TASK_EXISTS' });
    await assert.rejects(intake.control.resume(FILM), { code: 'TASK_STATE_UNFIT', message: `${FILM} is not paused` });
  });

  it('running, it lets go, gives its place to the next one, and goes on when it is resumed and there is one', async () => {
    await submit(FILM);
    await tried(1);
    await submit(OTHER);
    await intake.control.pause(FILM);
    await tried(2);
    await intake.control.resume(FILM);
    await assert.rejects(intake.refuseRunning(FILM), { code: 'TASK_EXISTS' });
    await intake.control.pause(OTHER);
    await tried(3);
    assert.deepEqual(begun, [FILM, OTHER, FILM]);
  });

  it('between two tries no time brings the next one; resumed it is tried at once', async () => {
    work = fails;
    await submit(FILM);
    await hasFailed();
    await intake.control.pause(FILM);
    await clock.advance(24 * 60 * MINUTE);
    assert.deepEqual([begun.length, intake.failure(FILM)?.code], [1, 'SOURCE_UNREACHABLE']);
    await assert.rejects(intake.refuseRunning(FILM), { code: 'TASK_EXISTS' });
    await assert.rejects(intake.control.retry(FILM), {
      code: 'TASK_STATE_UNFIT',
      message: `${FILM} is paused: resume it`,
    });
    await intake.control.resume(FILM);
    await tried(2);
  });

  it('retry begins at once and anew with the tries, whether it waits or has given up (decision 15)', async () => {
    work = fails;
    await submit(FILM);
    await hasFailed();
    await intake.control.retry(FILM);
    await tried(2);
    await givesUp();
    assert.equal(begun.length, 6);
    work = hangs;
    await intake.control.retry(FILM);
    await tried(7);
    assert.deepEqual([intake.failure(FILM), intake.hasGivenUp(FILM), begun.length], [undefined, false, 7]);
    await assert.rejects(intake.control.retry(FILM), { code: 'TASK_STATE_UNFIT', message: `${FILM} has not failed` });
  });

  it('one that has given up may be paused, and received anew: then it is paused no more', async () => {
    work = fails;
    await submit(FILM);
    await givesUp();
    await intake.control.pause(FILM);
    assert.equal(await intake.refuseRunning(FILM), 'downloading');
    work = hangs;
    const task = taskOf('film');
    await intake.enqueue({ name: FILM, path: at('film'), sent: task, task, before: 'downloading' });
    await tried(6);
    assert.equal(paused.has(FILM), false);
  });

  it('goes on when it cannot be removed, unless it is paused', async () => {
    const refuses = () => Promise.reject(new BftError('DISK_WRITE', 'the package cannot be removed'));
    await submit(FILM);
    await tried(1);
    await assert.rejects(intake.removal.remove(FILM, refuses), { code: 'DISK_WRITE' });
    await tried(2);
    await intake.control.pause(FILM);
    await assert.rejects(intake.removal.remove(FILM, refuses), { code: 'DISK_WRITE' });
    await submit(OTHER);
    await tried(3);
    assert.deepEqual([begun, await store.find(FILM), paused.has(FILM)], [[FILM, FILM, OTHER], 'downloading', true]);
    assert.equal(await intake.removal.remove(FILM, () => Promise.resolve()), true);
    assert.equal(await store.find(FILM), undefined);
  });

  it('what is not here, and what is finished, is refused', async () => {
    await store.submit('downloaded', FILM, taskOf('film'));
    for (const action of ['pause', 'resume', 'retry'] as const) {
      await assert.rejects(intake.control[action](OTHER), { code: 'TASK_UNKNOWN' });
      await assert.rejects(intake.control[action](FILM), { code: 'TASK_STATE_UNFIT', message: /is in downloaded/ });
    }
    assert.equal(paused.has(FILM), false);
  });
});
