import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { silentLog } from '../../src/core/log.ts';
import { METHODS, type Method } from '../../src/core/method.ts';
import type { TimetableOf } from '../../src/daemon/outlook.ts';
import { ReceivedTasks } from '../../src/daemon/received-tasks.ts';
import { runningView } from '../../src/daemon/views.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import { formatLocalTime } from '../../src/core/units.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { timetableOf } from '../../src/task/task-timetable.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { ManualClock } from '../manual-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const NOW = new Date(2026, 10, 21, 12).getTime();
const HOUR = 3_600_000;
const FILM = 'cfec-001-film.task.json';
const byTask: TimetableOf = (task, method) => timetableOf(task, method, '');
const OTHER = 'cfec-001-other.task.json';

describe('daemon: what is scheduled', () => {
  const at = temporaryDirectory();
  let store: TaskStore<ReceivingState>;
  /** The ledger of FILM. */
  let ledger: Ledger | undefined;
  let rates: Partial<Record<Method, number>>;
  let most: number;
  let givenUp: Set<string>;
  let paused: Set<string>;
  const least = (rate: number | undefined, limit: number) => (rate === undefined ? undefined : Math.min(rate, limit));
  const clock = new ManualClock(NOW);
  const tasksOf = (methods: readonly Method[] = METHODS, servesInDownloading = false, timetable = byTask) =>
    new ReceivedTasks(
      {
        store,
        clock,
        timetableOf: timetable,
        rates: { rate: (_, method, limit = Infinity) => least(rates[method], limit) },
        limits: { most: () => most },
        ledgerOf: name => (name === FILM ? ledger : undefined),
        hasGivenUp: name => givenUp.has(name),
        isPaused: name => paused.has(name),
      },
      { methods, servesInDownloading },
    );
  beforeEach(async () => {
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    await store.start();
    ledger = undefined;
    rates = {};
    most = Infinity;
    givenUp = new Set();
    paused = new Set();
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
    const tasks = await tasksOf().list();
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
    const [task] = await tasksOf(['bt']).list();
    assert.deepEqual(Object.keys(task?.methods ?? {}), ['bt']);
  });

  it('has the bytes per second that come now, none outside the window, whatever came just before (decision 8)', async () => {
    await store.submit('downloading', FILM, priortime());
    ledger = await Ledger.open(at('ledger'), new ManualClock(), { path: () => '', size: () => undefined });
    ledger.meters.cdn.add('127.0.0.1:80', 4096);
    ledger.meters.bt.add('127.0.0.1:6881', 4096);
    const [task] = await tasksOf().list();
    assert.deepEqual([task?.methods.bt?.rate, task?.methods.cdn?.rate], [0, 4096]);
  });

  it("has the node's own timetable where it has one (BW-04)", async () => {
    await store.submit('queues', FILM, priortime());
    const own: TimetableOf = (task, method) => timetableOf(task, method, method === 'cdn' ? 'Sat 01:00-05:00 1M' : '');
    const [task] = await tasksOf(METHODS, false, own).list();
    assert.deepEqual(
      [task?.methods.bt?.window.text, task?.methods.cdn?.window.text],
      ['18:00-05:00', 'Sat 01:00-05:00 1M'],
    );
  });

  it('leaves a task whose hours cannot be read to those who refuse it', async () => {
    await store.submit('queues', FILM, { ...priortime(), cdn: { priortime: 'at night' } });
    assert.deepEqual(await tasksOf().list(), []);
  });

  it('leaves a file that cannot be read to those who work with it (decision 16)', async () => {
    await writeFiles(at('receiver'), { [`queues/${FILM}`]: '{"half' });
    assert.deepEqual(await tasksOf().list(), []);
    await access(at('receiver', 'queues', FILM));
  });

  describe('with a deadline', () => {
    const HASH = '0'.repeat(40);
    const clockTime = (at: number | undefined) => (at === undefined ? '' : formatLocalTime(at).slice(8, 16));
    /** An hour of bt from 18:00 on, two of cdn from now on, at 1000 bytes/s. */
    const film = (deadline: string): TaskFile => ({
      ...priortime(),
      filelist: [
        { file: 'a.mxf', hash: HASH, size: 3_600_000 },
        { file: 'b.mxf', hash: HASH, size: 7_200_000 },
      ],
      deadline,
    });
    const look = async (tasks = tasksOf()) => {
      const [task] = await tasks.list();
      assert.ok(task);
      const amounts = Object.values(task.methods).map(({ bytes, total }) => [bytes, total]);
      return { end: clockTime(task.forecast.end), isAtRisk: task.isAtRisk, amounts };
    };
    const openLedger = async () => {
      const sizes: Record<string, number> = { 'a.mxf': 3_600_000, 'b.mxf': 7_200_000 };
      ledger = await Ledger.open(at('ledger'), new ManualClock(), {
        path: file => at(file),
        size: file => sizes[file],
      });
      return ledger;
    };
    beforeEach(() => {
      rates = { bt: 1000, cdn: 1000 };
    });
    afterEach(() => ledger?.close());

    it('has a forecast from what its methods lack, also while it waits in the queue', async () => {
      await store.submit('queues', FILM, film('2026-11-21 19:00:00'));
      const amounts = [
        [0, 3_600_000],
        [0, 7_200_000],
      ];
      assert.deepEqual(await look(), { end: '21 19:00', isAtRisk: false, amounts });
      await store.write('queues', FILM, film('2026-11-21 18:59:59'));
      assert.deepEqual(await look(), { end: '21 19:00', isAtRisk: true, amounts });
      await store.write('queues', FILM, film(''));
      assert.deepEqual(await look(), { end: '21 19:00', isAtRisk: false, amounts });
      assert.deepEqual(await tasksOf().dated(), []);
    });

    it('is no faster than the limits of now let it be', async () => {
      await store.submit('queues', FILM, film('2026-11-21 19:00:00'));
      most = 250;
      assert.deepEqual([(await look()).end, (await look()).isAtRisk], ['21 22:00', true]);
    });

    it('what is here counts no more, and what another method took over is its', async () => {
      await store.submit('downloading', FILM, film('2026-11-21 18:29:00'));
      const open = await openLedger();
      const tasks = tasksOf();
      open.verified({ file: 'a.mxf', offset: 0, length: 1_800_000 }, 'bt');
      const before = await look(tasks);
      assert.deepEqual([before.end, before.isAtRisk], ['21 18:30', true]);
      await open.handOver(['a.mxf'], 'cdn');
      assert.deepEqual(await look(tasks), {
        end: '21 14:30',
        isAtRisk: false,
        amounts: [
          [1_800_000, 1_800_000],
          [0, 9_000_000],
        ],
      });
    });

    it('what was copied before a copy was found wrong is not to be brought (BR-42)', async () => {
      await store.submit('downloading', FILM, film('2026-11-21 18:29:00'));
      const open = await openLedger();
      const tasks = tasksOf();
      await writeFiles(at(), { 'a.mxf': '', 'b.mxf': '' });
      open.verified({ file: 'a.mxf', offset: 0, length: 1_000_000 }, 'local');
      open.verified({ file: 'b.mxf', offset: 0, length: 7_200_000 }, 'cdn');
      const total = async () => (await look(tasks)).amounts;
      const cdn = [7_200_000, 7_200_000];
      assert.deepEqual(await total(), [[0, 2_600_000], cdn]);
      open.verified({ file: 'a.mxf', offset: 1_000_000, length: 2_600_000 }, 'bt');
      assert.deepEqual(await total(), [[2_600_000, 2_600_000], cdn]);
      assert.equal(runningView('bt', 3_600_000, film(''), open).state, 'done');
      await open.revoke([{ file: 'a.mxf', offset: 0, length: 1_000_000 }]);
      assert.deepEqual(await total(), [[2_600_000, 3_600_000], cdn]);
    });

    it('what was copied is counted once where a method took the file over', async () => {
      await store.submit('downloading', FILM, film(''));
      const open = await openLedger();
      open.verified({ file: 'a.mxf', offset: 0, length: 1_000_000 }, 'local');
      await open.handOver(['a.mxf'], 'cdn');
      assert.deepEqual((await look()).amounts, [
        [0, 0],
        [0, 9_800_000],
      ]);
    });

    it('is not known without a rate, but that it is too late may be', async () => {
      rates = { cdn: 1000 };
      await store.submit('queues', FILM, film('2026-11-21 17:00:00'));
      const { end, isAtRisk } = await look();
      assert.deepEqual([end, isAtRisk], ['', true]);
      const earliest = new Date(2026, 10, 21, 18).getTime();
      const deadline = earliest - HOUR;
      assert.deepEqual(await tasksOf().dated(), [{ name: FILM, deadline, earliest, isAtRisk: true, isKnown: false }]);
    });

    it('is not known while its ledger is not open after a start: only a deadline that has passed is missed', async () => {
      await store.submit('downloading', FILM, film('2026-11-21 12:00:01'));
      for (const tasks of [tasksOf(), tasksOf(['bt'], true)]) {
        const { end, isAtRisk } = await look(tasks);
        assert.deepEqual([end, isAtRisk], ['', false]);
      }
      await store.write('downloading', FILM, film('2026-11-21 11:59:59'));
      assert.equal((await look()).isAtRisk, true);
      const seen = tasksOf().prospect(FILM, film('2026-11-21 12:00:01'), { bt: { bytes: 0, total: 1e12 } }, true);
      assert.deepEqual([seen.forecast.end, seen.isAtRisk], [undefined, false]);
    });

    it('is not met by a task whose tries are used up, whatever was here, until it comes anew (decision 15)', async () => {
      await store.submit('downloading', FILM, film('2026-12-31 12:00:00'));
      const open = await openLedger();
      open.finish('a.mxf', 'bt');
      assert.equal((await look()).isAtRisk, false);
      givenUp = new Set([FILM]);
      for (const tasks of [tasksOf(), tasksOf(['bt'], true)]) {
        const { end, isAtRisk } = await look(tasks);
        assert.deepEqual([end, isAtRisk], ['', true]);
      }
      const one = (deadline: string) => tasksOf().prospect(FILM, film(deadline), {}, true);
      assert.deepEqual(
        [one('2026-12-31 12:00:00').isAtRisk, one('').isAtRisk, one('').forecast.end],
        [true, false, undefined],
      );
    });

    it('is not known of a paused task, even if it had given up: only a deadline that has passed is missed', async () => {
      rates = { bt: 1, cdn: 1 };
      givenUp = new Set([FILM]);
      paused = new Set([FILM]);
      await store.submit('queues', FILM, film('2026-11-21 12:00:01'));
      for (const state of ['queues', 'downloading'] as const) {
        if (state === 'downloading') await store.move(FILM, 'queues', state);
        const { end, isAtRisk } = await look();
        assert.deepEqual([end, isAtRisk], ['', false], state);
      }
      await store.write('downloading', FILM, film('2026-11-21 11:59:59'));
      assert.equal((await look()).isAtRisk, true);
    });

    it('that has passed is missed by a receiver until the package is in its place', async () => {
      await store.submit('downloading', FILM, film('2026-11-21 11:59:59'));
      const open = await openLedger();
      open.finish('a.mxf', 'bt');
      open.finish('b.mxf', 'cdn');
      const { end, isAtRisk } = await look();
      assert.deepEqual([end, isAtRisk], ['21 12:00', true]);
    });

    it('that has passed is not missed by a cacher that has its share and serves it (BR-05)', async () => {
      await store.submit('downloading', FILM, film('2026-11-21 11:59:59'));
      const cacher = tasksOf(['bt'], true);
      assert.equal((await look(cacher)).isAtRisk, false);
      const open = await openLedger();
      open.verified({ file: 'a.mxf', offset: 0, length: 5 }, 'bt');
      assert.equal((await look(cacher)).isAtRisk, true);
      open.finish('a.mxf', 'bt');
      assert.equal((await look(cacher)).isAtRisk, false);
    });
  });
});
