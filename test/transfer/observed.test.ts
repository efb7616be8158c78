import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Extent } from '../../src/torrent/manifest.ts';
import { TransferItem } from '../../src/transfer/item.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { type Stretch, withObserver } from '../../src/transfer/observed.ts';
import { withRetry } from '../../src/transfer/retry.ts';
import type { Transport } from '../../src/transfer/transport.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const NAME = 'cfec-001-film.task.json';
const extents: readonly Extent[] = [{ file: 'a.mxf', offset: 0, length: 100 }];
const item = new TransferItem(
  NAME,
  realTask(),
  { packagePath: '', transferPath: '' },
  { full: undefined, tmp: undefined },
);
const never = new AbortController().signal;

describe('transfer: how fast a fetch gets on', () => {
  const at = temporaryDirectory();
  let clock: SteppedClock;
  let ledger: Ledger;
  let told: Stretch[];
  beforeEach(async () => {
    clock = new SteppedClock(1_000_000);
    ledger = await Ledger.open(at('ledger'), clock, { path: file => at(file), size: () => 100 });
    await writeFile(at('a.mxf'), Buffer.alloc(100));
    told = [];
    [allowed, ceiling] = [Infinity, Infinity];
  });

  /** Brings what is between the two ends in so many ms. */
  const bring = async (from: number, to: number, ms: number, signal: AbortSignal) => {
    await clock.sleep(ms, signal);
    ledger.verified({ file: 'a.mxf', offset: from, length: to - from }, 'cdn');
  };
  const transport = (fetch: (signal: AbortSignal) => Promise<void>): Transport => ({
    method: 'cdn',
    publish: () => Promise.resolve(),
    withdraw: () => Promise.resolve(),
    status: () => Promise.resolve({ state: 'available' }),
    fetch: (_item, _extents, _ledger, signal) => fetch(signal),
  });
  const observed = (inner: Transport) => withObserver(inner, { clock, limits }, stretch => told.push(stretch));
  let allowed: number;
  let ceiling: number;
  const limits = { allowed: () => allowed, ceiling: () => ceiling };
  const sum = (key: 'bytes' | 'ms') => told.reduce((all, stretch) => all + stretch[key], 0);

  it('tells bytes and time while it runs, and what is left when it has ended', async () => {
    const fetching = observed(
      transport(async signal => {
        await bring(0, 40, 20_000, signal);
        await bring(40, 100, 5000, signal);
      }),
    ).fetch(item, extents, ledger, never);
    await clock.advance(60_000);
    await fetching;
    const common = { task: NAME, method: 'cdn', limit: undefined, isHeld: false };
    assert.deepEqual(told, [
      { ...common, bytes: 0, ms: 15_000, isLast: false },
      { ...common, bytes: 100, ms: 10_000, isLast: true },
    ]);
  });

  it('counts the time of trouble, and not what was here before', async () => {
    ledger.verified({ file: 'a.mxf', offset: 0, length: 50 }, 'cdn');
    let tries = 0;
    const flaky = transport(async signal => {
      if (++tries < 3) throw new BftError('SOURCE_UNREACHABLE', 'the line is down');
      await bring(50, 100, 1000, signal);
    });
    const fetching = observed(withRetry(flaky, { clock, log: silentLog, random: () => 0.5 })).fetch(
      item,
      extents,
      ledger,
      never,
    );
    await turn();
    await clock.advance(60_000);
    await fetching;
    assert.deepEqual([sum('bytes'), sum('ms'), told.at(-1)?.isLast], [50, 4000, true]);
  });

  it('tells no loss when bytes are taken back, and the end of a fetch that was stopped', async () => {
    const stop = new AbortController();
    const fetching = observed(
      transport(async signal => {
        await bring(0, 80, 1000, signal);
        await ledger.revoke(extents);
        await clock.sleep(3_600_000, signal);
      }),
    ).fetch(item, extents, ledger, stop.signal);
    await clock.advance(20_000);
    stop.abort(new BftError('WINDOW_CLOSED', 'it closed'));
    await assert.rejects(fetching, { code: 'WINDOW_CLOSED' });
    assert.ok(told.every(({ bytes }) => bytes >= 0));
    assert.deepEqual(told.at(-1)?.isLast, true);
    const before = told.length;
    await clock.advance(60_000);
    assert.equal(told.length, before);
  });

  it('tells whether what came is what was allowed, and the least limit meanwhile, though pieces are verified in lumps', async () => {
    /** Comes in at 10 bytes/s; all is verified at the end. */
    const lumps = transport(async signal => {
      for (let second = 0; second < 60; second++) {
        await clock.sleep(1000, signal);
        ledger.meters.cdn.add('127.0.0.1:80', 10);
      }
      ledger.verified({ file: 'a.mxf', offset: 0, length: 100 }, 'cdn');
    });
    [allowed, ceiling] = [10, 20];
    const fetching = observed(lumps).fetch(item, extents, ledger, never);
    await clock.advance(16_000);
    [allowed, ceiling] = [12, 40];
    await clock.advance(30_000);
    [allowed, ceiling] = [Infinity, Infinity];
    await clock.advance(20_000);
    await fetching;
    assert.deepEqual(
      told.map(({ limit, isHeld }) => [limit, isHeld]),
      [
        [20, true],
        [20, true],
        [40, false],
        [40, false],
        [undefined, false],
      ],
    );
  });

  it('tells nothing of what is only served', async () => {
    ledger.finish('a.mxf', 'cdn');
    await observed(transport(() => Promise.resolve())).fetch(item, extents, ledger, never);
    assert.deepEqual(told, []);
  });
});
