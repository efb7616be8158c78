import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { exists } from '../../src/disk/exists.ts';
import { SENDING, type SendingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { BucketPackages } from '../../src/roles/bucket-packages.ts';
import { PausedTasks } from '../../src/roles/paused-tasks.ts';
import { Sender } from '../../src/roles/sender.ts';
import type { Transports } from '../../src/roles/serving.ts';
import { TaskRecords } from '../../src/roles/task-records.ts';
import { Layout } from '../../src/task/layout.ts';
import type { BucketSource } from '../../src/transfer/bucket-source.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 21);
const FILM = 'cfec-001-film.task.json';
/** Its torrents are not there, so that each try to publish it fails. */
const task = { ...realTask(), name: 'film' };

describe('roles: pause, resume and retry of what is sent', () => {
  // Before the directory goes.
  afterEach(() => end());
  const at = temporaryDirectory();
  /** `failed` at each try that fails. */
  const tries = new EventEmitter<{ failed: [] }>();
  const failures: object[] = [];
  let clock: SteppedClock;
  let store: TaskStore<SendingState>;
  let paused: PausedTasks<SendingState>;
  let sender: Sender;
  const log: Logger = {
    ...silentLog,
    error: (fields: object) => {
      failures.push(fields);
      tries.emit('failed');
    },
  };
  const failed = async (count: number) => {
    while (failures.length < count) await once(tries, 'failed');
  };
  const begin = async (state: SendingState, isPaused: boolean) => {
    await store.submit(state, FILM, task);
    if (isPaused) await paused.add(FILM);
    await sender.start();
  };
  const end = async () => {
    await sender.stop();
    await paused.stop();
  };
  const state = async () => {
    const { state, error, isPaused } = await sender.progress(FILM);
    return [state, error?.code, isPaused];
  };
  beforeEach(async () => {
    failures.length = 0;
    clock = new SteppedClock(START);
    const addresses = {
      senderdomain: 'http://127.0.0.1',
      cdnurl: 'http://127.0.0.1',
      tracker: 'http://127.0.0.1/announce',
      obsurl: 'obs://cfec-001',
    };
    const paths = { basedatapath: at('dcp'), transferpath: at('transfer'), senderpath: at('sender') };
    await writeFiles(at(), {
      'config.json': JSON.stringify({ servertype: 'sender', ...addresses, ...paths }),
    });
    const config = await loadConfig(at('config.json'));
    store = new TaskStore({ log: silentLog }, { root: at('sender'), states: SENDING });
    await store.start();
    const states = ['queues', 'uploading', 'uploaded'] as const;
    paused = new PausedTasks({ store, log: silentLog }, { path: at('state/paused.json'), states });
    await paused.start();
    sender = new Sender(
      {
        store,
        records: new TaskRecords(at('state'), 'sent'),
        paused,
        transports: {} as Transports,
        packages: new BucketPackages({ source: {} as BucketSource, clock, log }, () => at('transfer')),
        discardUpload: () => Promise.resolve(),
        refuse: () => Promise.resolve(),
        clock,
        log,
      },
      () => config,
    );
  });

  it('of a served one the seed time goes on: it goes to history in time, and is paused no more (decision 13)', async () => {
    await begin('uploaded', true);
    await clock.advance(168 * HOUR);
    assert.equal(await store.find(FILM), 'uploaded');
    const moved = once(store, 'changed');
    while ((await store.find(FILM)) !== 'history') await clock.advance(HOUR);
    await moved;
    assert.ok(clock.now() - START >= 169 * HOUR);
    await paused.stop();
    assert.deepEqual([failures, paused.has(FILM)], [[], false]);
    await assert.rejects(sender.control.pause(FILM), { code: 'TASK_STATE_UNFIT', message: /is in history/ });
  });

  it('a served one is not tried while it is paused; resumed or tried again it is tried at once', async () => {
    await begin('uploaded', true);
    assert.deepEqual(await state(), ['error', 'TORRENT_MISSING', true]);
    await clock.advance(HOUR);
    await assert.rejects(sender.control.retry(FILM), { code: 'TASK_STATE_UNFIT', message: /is paused: resume it/ });
    assert.deepEqual(failures, []);
    await sender.control.resume(FILM);
    await failed(1);
    await sender.control.retry(FILM);
    await failed(2);
    await sender.control.pause(FILM);
    await clock.advance(HOUR);
    assert.equal(failures.length, 2);
  });

  it('a served one that was paused in the moment of a kill is not published any more after it', async () => {
    const published = Layout.at(at('dcp'), task.basesubdir, task.name).publishedTaskPath(FILM);
    await mkdir(dirname(published), { recursive: true });
    await writeFile(published, '{}');
    await begin('uploaded', true);
    while (await exists(published)) await turn();
    assert.equal(await store.find(FILM), 'uploaded');
  });

  it('an upload that failed waits while it is paused, is not sent anew meanwhile, and goes on when it is resumed', async () => {
    await begin('uploading', false);
    await failed(1);
    await sender.control.pause(FILM);
    const before = failures.length;
    await clock.advance(HOUR);
    assert.equal(failures.length, before);
    await assert.rejects(sender.refuseRunning(FILM), { code: 'TASK_EXISTS', message: /same taskfile in uploading/ });
    await sender.control.resume(FILM);
    await failed(before + 1);
    await assert.rejects(sender.control.resume(FILM), { code: 'TASK_STATE_UNFIT', message: /is not paused/ });
  });

  it('one in the queue is not taken, and can be taken off the list', async () => {
    await begin('queues', true);
    await sender.control.pause(FILM);
    await assert.rejects(sender.control.retry(FILM), { code: 'TASK_STATE_UNFIT' });
    assert.deepEqual([await store.find(FILM), failures], ['queues', []]);
    assert.equal(await sender.remove(FILM), true);
    assert.equal(await sender.remove(FILM), false);
    for (const action of ['pause', 'resume', 'retry'] as const)
      await assert.rejects(sender.control[action](FILM), { code: 'TASK_UNKNOWN' });
  });
});
