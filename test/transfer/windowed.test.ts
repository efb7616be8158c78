import assert from 'node:assert/strict';
import { BftError } from '../../src/core/errors.ts';
import { type Logger, silentLog } from '../../src/core/log.ts';
import type { Ticks } from '../../src/core/ticks.ts';
import { formatLocalTime } from '../../src/core/units.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { timetableOf } from '../../src/task/task-timetable.ts';
import type { Extent } from '../../src/torrent/manifest.ts';
import { TransferItem } from '../../src/transfer/item.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { withRetry } from '../../src/transfer/retry.ts';
import type { Transport } from '../../src/transfer/transport.ts';
import { WindowRates } from '../../src/transfer/window-rates.ts';
import { withWindow } from '../../src/transfer/windowed.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { realTask } from '../task/examples.ts';

const DAY = 24 * 60 * 60_000;
const never = new AbortController().signal;
const extents: readonly Extent[] = [{ file: 'a.mxf', offset: 0, length: 10 }];
const local = (time: string) => new Date(`2021-05-28T${time}`).getTime();

type Step = (ledger: Ledger, signal: AbortSignal) => void | Promise<void>;

/** Does what the script says, one step per fetch; remembers when. */
class Scripted implements Transport {
  readonly method = 'cdn';
  readonly calls: string[] = [];
  readonly #clock: ManualClock;
  readonly #steps: Step[];

  constructor(clock: ManualClock, ...steps: Step[]) {
    this.#clock = clock;
    this.#steps = steps;
  }

  async fetch(_: TransferItem, asked: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    this.calls.push(formatLocalTime(this.#clock.now()));
    if (asked.length > 0) await this.#steps.shift()?.(ledger, signal);
  }

  async publish(): Promise<void> {
    this.calls.push('publish');
  }

  async withdraw(): Promise<void> {
    this.calls.push('withdraw');
  }

  async status() {
    return { state: 'available' } as const;
  }
}

const succeeds: Step = () => {};
const fails: Step = () => {
  throw new BftError('SOURCE_UNREACHABLE', 'the line is down');
};
/** As the port demands: verified bytes stay, and the reason of the signal is thrown. */
const worksUntilStopped: Step = (ledger, signal) =>
  new Promise((_, reject) => {
    ledger.verified({ file: 'a.mxf', offset: 0, length: 4 }, 'cdn');
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('transfer: windows', () => {
  const at = temporaryDirectory();
  let clock: ManualClock;
  let ledger: Ledger;
  let rates: WindowRates;
  /** The node's own timetable. */
  let own: string;
  beforeEach(async () => {
    own = '';
    rates = new WindowRates();
    clock = new ManualClock(local('12:00:30'));
    ledger = await Ledger.open(at('ledger'), clock, { path: file => at(file), size: () => 10 });
  });

  const item = (priortime?: string, policy = 'priortime') => {
    const task: TaskFile = { ...realTask(), policy, cdn: priortime === undefined ? {} : { priortime } };
    const paths = { packagePath: at('pkg'), transferPath: at('transfer') };
    return new TransferItem('cfec-001-pkg.task.json', task, paths, { full: undefined, tmp: undefined });
  };
  const fetch = (inner: Transport, of: TransferItem, { signal = never, log = silentLog, asked = extents } = {}) =>
    windowed(inner, log).fetch(of, asked, ledger, signal);
  const windowed = (inner: Transport, log: Logger = silentLog) =>
    withWindow(inner, { clock, ticks, rates, log }, (task, method) => timetableOf(task, method, own));
  /** The clock moves on after whoever was to begin has begun. */
  const ticks: Ticks = {
    next: async signal => {
      await Promise.resolve();
      await clock.sleep(1000, signal);
    },
  };

  it('keeps a task of policy priortime until its window opens, and looks at the clock every second (BW-03, BW-08)', async () => {
    const inner = new Scripted(clock, succeeds);
    await fetch(inner, item('22:34-22:37'));
    assert.deepEqual(inner.calls, ['2021-05-28 22:34:00']);
    assert.equal(Math.max(...clock.sleeps), 1000);
  });

  it('does not keep one of policy fulltime (BW-03)', async () => {
    const inner = new Scripted(clock, succeeds);
    await fetch(inner, item('22:34-22:37', 'fulltime'));
    assert.deepEqual([inner.calls, clock.sleeps], [['2021-05-28 12:00:30'], []]);
  });

  it('does not keep what has the whole day, 00:00-23:59 or no window at all (BW-01, BW-04)', async () => {
    for (const priortime of ['00:00-23:59', '08:00-08:00', '', undefined]) {
      const inner = new Scripted(clock, succeeds);
      clock = new ManualClock(local('12:00:30'));
      await fetch(inner, item(priortime));
      assert.equal(clock.sleeps.length, 1);
      assert.equal(inner.calls.length, 1);
    }
  });

  it('refuses hours that cannot be read: the whole day would be the worst reading (BW-01)', async () => {
    const inner = new Scripted(clock, succeeds);
    await assert.rejects(fetch(inner, item('at night')), {
      code: 'TASK_FILE_INVALID',
      message: /: cdn\.priortime "at night": character 1: "at" is no day/,
    });
    assert.deepEqual(inner.calls, []);
  });

  it("follows the node's own timetable before the task's, as soon as it is another one", async () => {
    own = 'Sat 01:00-02:00';
    const asked = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      await asked(ms, signal);
      if (clock.now() >= local('13:00:00')) own = '';
    };
    const inner = new Scripted(clock, succeeds);
    await fetch(inner, item('12:00-14:00'));
    assert.deepEqual(inner.calls, ['2021-05-28 13:00:00']);
  });

  it('stops within a second when a timetable comes that is closed, and says until when; the notice changes with it', async () => {
    const notices = new Set<string | undefined>();
    const asked = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      await asked(ms, signal);
      notices.add(ledger.noticeOf('cdn')?.message);
      if (clock.now() >= local('12:01:00')) own = '22:00-23:00';
      if (clock.now() >= local('12:02:00')) own = 'Fri 21:00-22:00 1M; 12:04-12:05';
      if (clock.now() >= local('12:03:00')) own = 'Fri 21:00-22:00 1M';
    };
    const begun: number[] = [];
    const inner = new Scripted(clock, worksUntilStopped, () => void begun.push(ledger.bytes('cdn')));
    await fetch(inner, item('00:00-23:59'));
    assert.deepEqual(inner.calls, ['2021-05-28 12:00:30', '2021-05-28 21:00:00']);
    assert.deepEqual(begun, [4]);
    assert.deepEqual(
      [...notices],
      [
        undefined,
        'cdn waits for its window 22:00-23:00 until 2021-05-28 22:00:00',
        'cdn waits for its window Fri 21:00-22:00 1M; 12:04-12:05 until 2021-05-28 12:04:00',
        'cdn waits for its window Fri 21:00-22:00 1M until 2021-05-28 21:00:00',
      ],
    );
  });

  it('has the rate of the hour from its first byte, shares it with its like, and changes it without a new fetch', async () => {
    own = '12:00-13:00 1M; 13:00-14:00; 14:00-15:00 2M';
    const seen = new Map<number | undefined, string>();
    const asked = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      await asked(ms, signal);
      const { rate, group } = rates.of('cfec-001-pkg.task.json', 'cdn') ?? {};
      if (group !== undefined) assert.equal(group, `cdn ${own}`);
      if (!seen.has(rate)) seen.set(rate, formatLocalTime(clock.now()).slice(11));
    };
    const first: Step = (to, signal) => {
      seen.set(rates.of('cfec-001-pkg.task.json', 'cdn')?.rate, 'at once');
      return worksUntilStopped(to, signal);
    };
    const inner = new Scripted(clock, first, succeeds);
    await fetch(inner, item());
    assert.deepEqual(inner.calls, ['2021-05-28 12:00:30', '2021-05-29 12:00:00']);
    assert.equal(seen.get(1024 ** 2), 'at once');
    assert.deepEqual([seen.get(undefined), seen.get(2 * 1024 ** 2)], ['13:00:01', '14:00:01']);
    assert.equal(rates.of('cfec-001-pkg.task.json', 'cdn'), undefined);
  });

  it('stops when the window closes, and goes on the next day from where it was, without an error (BW-03)', async () => {
    const begun: number[] = [];
    const looks: Step = () => void begun.push(ledger.bytes('cdn'));
    const inner = new Scripted(clock, worksUntilStopped, looks);
    await fetch(inner, item('08:00-18:00'));
    assert.deepEqual(inner.calls, ['2021-05-28 12:00:30', '2021-05-29 08:00:00']);
    assert.deepEqual(begun, [4]);
  });

  it('needs as many days as it takes (BW-08)', async () => {
    const inner = new Scripted(clock, worksUntilStopped, worksUntilStopped, worksUntilStopped, succeeds);
    await fetch(inner, item('22:34-22:37'));
    assert.deepEqual(
      inner.calls,
      [28, 29, 30, 31].map(day => `2021-05-${day} 22:34:00`),
    );
  });

  it('says in the ledger that it waits and until when, which is no trouble (BW-03)', async () => {
    clock.onHang = () => {
      const notice = ledger.noticeOf('cdn');
      assert.deepEqual([notice?.code, notice?.permanent], ['WINDOW_CLOSED', false]);
      assert.equal(notice?.message, 'cdn waits for its window 22:34-22:37 until 2021-05-28 22:34:00');
      assert.equal(ledger.trouble, undefined);
      ending.abort(new Error('seen'));
    };
    const ending = new AbortController();
    await assert.rejects(fetch(new Scripted(clock), item('22:34-22:37'), { signal: ending.signal }), /seen/);
    clock.onHang = undefined;
    await fetch(new Scripted(clock, succeeds), item('22:34-22:37'));
    assert.equal(ledger.noticeOf('cdn'), undefined);
  });

  it('says it again when a byte that was on its way took the notice away', async () => {
    const notices = new Set<string | undefined>();
    const asked = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      if (clock.sleeps.length === 5) ledger.verified({ file: 'a.mxf', offset: 0, length: 4 }, 'cdn');
      if (clock.sleeps.length > 6 && clock.now() < local('22:33:00')) notices.add(ledger.noticeOf('cdn')?.code);
      await asked(ms, signal);
    };
    await fetch(new Scripted(clock, succeeds), item('22:34-22:37'));
    assert.deepEqual([...notices], ['WINDOW_CLOSED']);
  });

  it('ends its waiting as soon as it is told to, with the reason', async () => {
    const ending = new AbortController();
    const reason = new Error('cancelled');
    clock.onHang = () => ending.abort(reason);
    const inner = new Scripted(clock, succeeds);
    await assert.rejects(fetch(inner, item('22:34-22:37'), { signal: ending.signal }), error => error === reason);
    assert.deepEqual(inner.calls, []);
  });

  it('ends a fetch in its window as soon as it is told to, with the reason', async () => {
    const ending = new AbortController();
    const reason = new Error('cancelled');
    const inner = new Scripted(clock, (to, signal) => {
      const working = worksUntilStopped(to, signal);
      ending.abort(reason);
      return working;
    });
    await assert.rejects(fetch(inner, item('08:00-18:00'), { signal: ending.signal }), error => error === reason);
    assert.equal(inner.calls.length, 1);
  });

  it('watches the clock no longer when it is done', async () => {
    const watches: (AbortSignal | undefined)[] = [];
    clock.sleep = (_, signal) => {
      watches.push(signal);
      return new Promise(() => {});
    };
    await fetch(new Scripted(clock, succeeds), item('08:00-18:00'));
    assert.deepEqual(
      watches.map(signal => signal?.aborted),
      [true],
    );
  });

  it('hands on a failure inside the window', async () => {
    const inner = new Scripted(clock, fails, succeeds);
    await assert.rejects(fetch(inner, item('08:00-18:00')), { code: 'SOURCE_UNREACHABLE' });
    assert.equal(inner.calls.length, 1);
  });

  it('takes no failure for one that comes from the closing window', async () => {
    const inner = new Scripted(
      clock,
      (to, signal) => Promise.resolve(worksUntilStopped(to, signal)).catch(() => fails(to, signal)),
      succeeds,
    );
    await fetch(inner, item('08:00-18:00'));
    assert.equal(inner.calls[1], '2021-05-29 08:00:00');
  });

  it('ends the pause between two tries when the window closes; the next day begins with a try', async () => {
    const inner = new Scripted(clock, fails, succeeds);
    const ended: unknown[] = [];
    const retrying = withRetry(inner, { clock: new StandingClock(ended), log: silentLog, random: () => 0.5 });
    await fetch(retrying, item('08:00-18:00'));
    assert.deepEqual(inner.calls, ['2021-05-28 12:00:30', '2021-05-29 08:00:00']);
    assert.deepEqual(ended, ['WINDOW_CLOSED']);
    assert.equal(ledger.noticeOf('cdn'), undefined);
  });

  it('notices within a second that the clock was set', async () => {
    const inner = new Scripted(clock, succeeds);
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      await sleep(ms, signal);
      if (clock.sleeps.length === 3) clock.advance(local('22:35:00') - clock.now());
    };
    await fetch(inner, item('22:34-22:37'));
    assert.deepEqual(inner.calls, ['2021-05-28 22:35:00']);
  });

  for (const days of [30, -30]) {
    it(`a clock that is set by ${days} days changes the opening it waits for, and stops what it closes on`, async () => {
      const jumps = [local('12:01:00'), local('22:35:00')];
      const jumpsBy = [days * DAY, (days + 0.5) * DAY];
      const notices = new Set<string | undefined>();
      const asked = clock.sleep.bind(clock);
      clock.sleep = async (ms, signal) => {
        await asked(ms, signal);
        notices.add(ledger.noticeOf('cdn')?.message.slice(-'2021-05-28 22:34:00'.length));
        // Each time of the day is met once on its day; the jumps are made one after the other.
        const next = (jumps[0] ?? Infinity) + (jumps.length === 1 ? days * DAY : 0);
        if (clock.now() === next) clock.advance(jumps.shift() === undefined ? 0 : (jumpsBy.shift() ?? 0));
      };
      const inner = new Scripted(clock, worksUntilStopped, succeeds);
      await fetch(inner, item('22:34-22:37'));
      const day = (n: number) => formatLocalTime(local('22:34:00') + n * DAY);
      const opened = [day(days), day(2 * days + 1)];
      assert.deepEqual(inner.calls, opened);
      assert.deepEqual([...notices], [day(0), day(days), undefined, day(2 * days + 1)]);
    });
  }

  it('lets through what is here already: a cacher serves it outside the window, too (decision 25)', async () => {
    const inner = new Scripted(clock, succeeds);
    await fetch(inner, item('22:34-22:37'), { asked: [] });
    ledger.finish('a.mxf', 'cdn');
    await fetch(inner, item('22:34-22:37'));
    assert.deepEqual([inner.calls.length, clock.sleeps], [2, []]);
    await assert.rejects(ledger.flush(), { code: 'DISK_WRITE' });
  });

  it('lets publishing, withdrawing and the state through (decision 25)', async () => {
    const inner = new Scripted(clock);
    const transport = windowed(inner);
    await transport.publish(item('22:34-22:37'), never);
    await transport.withdraw(item('22:34-22:37'));
    assert.deepEqual([inner.calls, transport.method], [['publish', 'withdraw'], 'cdn']);
    assert.deepEqual(await transport.status(item('22:34-22:37')), { state: 'available' });
    assert.deepEqual(clock.sleeps, []);
  });
});

/** Its sleeps last until they are ended; it remembers the codes of the reasons. */
class StandingClock extends ManualClock {
  readonly #ended: unknown[];

  constructor(ended: unknown[]) {
    super();
    this.#ended = ended;
  }

  override sleep(_: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        this.#ended.push((signal.reason as BftError).code);
        reject(signal.reason as Error);
      });
    });
  }
}
