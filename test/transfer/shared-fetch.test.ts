import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Method } from '../../src/core/method.ts';
import type { Extent } from '../../src/torrent/manifest.ts';
import type { TransferItem } from '../../src/transfer/item.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { SharedFetch } from '../../src/transfer/shared-fetch.ts';
import type { Transport } from '../../src/transfer/transport.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Delivered, packageFor, stage } from './delivered-package.ts';

const MINUTE = 60_000;

const never = new AbortController().signal;
const content = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map(file => [file, Buffer.alloc(1000, file)]));

type Fetch = (files: readonly string[], ledger: Ledger, signal: AbortSignal) => Promise<void>;

/** A source that behaves as its script says; it counts what it is asked for. */
class Source implements Transport {
  readonly method: Method;
  readonly asked: string[][] = [];
  readonly #fetch: Fetch;

  constructor(method: Method, fetch: Fetch) {
    this.method = method;
    this.#fetch = fetch;
  }

  async fetch(_: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const files = extents.map(({ file }) => file);
    if (files.length === 0) return;
    this.asked.push(files);
    await this.#fetch(files, ledger, signal);
  }

  async publish(): Promise<void> {}

  async withdraw(): Promise<void> {}

  isThere = true;

  async status() {
    return this.isThere ? ({ state: 'available' } as const) : ({ state: 'unavailable', reason: 'no line' } as const);
  }
}

const delivers =
  (method: Method): Fetch =>
  async (files, ledger) => {
    for (const file of files) ledger.finish(file, method);
  };
const isDead: Fetch = (_, __, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
const refuses: Fetch = async () => {
  throw new BftError('OBS_REFUSED', 'forbidden', { permanent: true });
};

describe('transfer: take-over', () => {
  const at = temporaryDirectory();
  let clock: SteppedClock;
  let delivered: Delivered;
  let ledger: Ledger;
  let sources: Record<Method, Source>;
  /** What the limits leave every method, bytes/s. */
  let allowance: number;
  /** Methods whose windows are closed. */
  let closed: Set<Method>;
  beforeEach(async () => {
    clock = new SteppedClock(0);
    allowance = Infinity;
    closed = new Set();
    delivered = await packageFor(at(), content);
    await stage(delivered);
    delivered.item.task.cdn = { url: 'http://127.0.0.1/pkg' };
    ledger = await Ledger.open(at('ledger'), clock, delivered.item.ledgerFiles);
  });

  const fetchAll = async ({ patienceMs = 30 * MINUTE, floor = 0 } = {}, signal = never) => {
    const allowed = () => allowance;
    const isOpen = (_task: unknown, method: Method) => !closed.has(method);
    const shared = new SharedFetch({ transports: sources, allowed, isOpen, clock, log: silentLog }, () => ({
      patienceMs,
      floor,
      retryMs: 5 * MINUTE,
    }));
    const methods = Object.keys(sources) as Method[];
    await Promise.all(methods.map(method => shared.fetch(method, delivered.item, ledger, signal)));
  };
  const script = (bt: Fetch, obs: Fetch, cdn: Fetch) =>
    (sources = { bt: new Source('bt', bt), obs: new Source('obs', obs), cdn: new Source('cdn', cdn) });
  /** Lets so many minutes pass while the transfer runs. */
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      await clock.advance(MINUTE);
      await turn();
      // What is handed over is on disk before time goes on.
      await ledger.flush();
      await turn();
    }
  };
  const shares = () => ({
    bt: [...delivered.item.files('bt')],
    obs: [...delivered.item.files('obs')],
    cdn: [...delivered.item.files('cdn')],
  });

  it('leaves every method its share as long as all deliver', async () => {
    script(delivers('bt'), delivers('obs'), delivers('cdn'));
    await fetchAll();
    const { bt, obs, cdn } = shares();
    assert.deepEqual([sources.bt.asked, sources.obs.asked, sources.cdn.asked], [[bt], [obs], [cdn]]);
    assert.equal(ledger.owners.size, 0);
  });

  it('gives what a dead method still has to bring to cdn, when its patience is over and not before', async () => {
    const { bt } = shares();
    const [first = '', ...rest] = bt;
    script(
      async (files, known, signal) => {
        known.finish(first, 'bt');
        await isDead(files, known, signal);
      },
      delivers('obs'),
      delivers('cdn'),
    );
    const fetching = fetchAll();
    await pass(28);
    assert.equal(sources.cdn.asked.length, 1);
    await pass(5);
    await fetching;
    assert.deepEqual(sources.cdn.asked[1], rest);
    assert.deepEqual(
      [...ledger.owners],
      rest.map(file => [file, 'cdn']),
    );
    assert.deepEqual([ledger.isFrom(first, 'bt'), rest.every(file => ledger.isFrom(file, 'cdn'))], [true, true]);
  });

  it('a method whose hours cannot be read takes nothing over: nobody knows when it may', async () => {
    const { task } = delivered.item;
    Object.assign(task, {
      policy: 'priortime',
      obs: { url: 'obs://b/p', upload: 'all' },
      cdn: { ...task.cdn, priortime: 'at night' },
    });
    script(isDead, delivers('obs'), delivers('cdn'));
    const fetching = fetchAll();
    await pass(33);
    await fetching;
    assert.deepEqual([...new Set(ledger.owners.values())], ['obs']);
  });

  it('a method that is slower than the floor fails, one that is not does not, nor one that the limits hold back', async () => {
    for (const [floor, most, isTaken] of [
      [3, Infinity, true],
      [1, Infinity, false],
      [3, 3, false],
      [3, 4, true],
    ] as const) {
      allowance = most;
      ledger = await Ledger.open(at(`ledger${floor}of${most}`), clock, delivered.item.ledgerFiles);
      const [file = ''] = shares().bt;
      /** 10 bytes in 6 s. */
      const slow: Fetch = async (files, known, signal) => {
        for (let byte = 0; byte < 100; byte++) {
          await clock.sleep(6000, signal);
          known.verified({ file, offset: byte * 10, length: 10 }, 'bt');
        }
        await delivers('bt')(files, known, signal);
      };
      script(slow, delivers('obs'), delivers('cdn'));
      const fetching = fetchAll({ patienceMs: 5 * MINUTE, floor });
      await pass(12);
      await fetching;
      assert.equal(ledger.owners.size > 0, isTaken, `floor ${floor}, allowed ${most}`);
    }
  });

  it('asks one that refuses for good again until the patience is over', async () => {
    script(delivers('bt'), refuses, delivers('cdn'));
    const fetching = fetchAll();
    await pass(12);
    assert.equal(sources.obs.asked.length, 3);
    assert.equal(ledger.trouble?.code, 'OBS_REFUSED');
    await pass(22);
    await fetching;
    assert.deepEqual(sources.cdn.asked[1], shares().obs);
  });

  it('does not wait where waiting is in vain: a cap that is reached', async () => {
    const capped: Fetch = async () => {
      throw new BftError('CAP_REACHED', 'obs has moved enough', { permanent: true });
    };
    script(delivers('bt'), capped, delivers('cdn'));
    await fetchAll();
    assert.deepEqual(sources.cdn.asked[1], shares().obs);
  });

  it('ends when nobody may move more: no hand-over goes in circles', async () => {
    const capped: Fetch = async () => {
      throw new BftError('CAP_REACHED', 'it has moved enough', { permanent: true });
    };
    delivered.item.task.obs = { url: 'obs://bucket/pkg', upload: 'all' };
    script(delivers('bt'), capped, capped);
    await assert.rejects(fetchAll(), { code: 'CAP_REACHED' });
    assert.ok(sources.obs.asked.length + sources.cdn.asked.length <= 4);
  });

  it('comes back to bt when the one that took over may move no more', async () => {
    let asked = 0;
    const late: Fetch = async (files, known, signal) =>
      await (asked++ === 0 ? isDead(files, known, signal) : delivers('bt')(files, known, signal));
    const capped: Fetch = async (files, known) => {
      for (const file of files.filter(own => shares().cdn.includes(own))) known.finish(file, 'cdn');
      if (files.some(own => !shares().cdn.includes(own)))
        throw new BftError('CAP_REACHED', 'it has moved enough', { permanent: true });
    };
    script(late, delivers('obs'), capped);
    const fetching = fetchAll();
    await pass(35);
    await fetching;
    assert.ok(shares().bt.every(file => ledger.isFrom(file, 'bt')));
  });

  it('blames no method for what is wrong here: a line that is down, a disk that is full', async () => {
    script(isDead, delivers('obs'), delivers('cdn'));
    sources.cdn.isThere = false;
    const stopping = new AbortController();
    const fetching = fetchAll({}, stopping.signal);
    fetching.catch(() => {});
    await pass(120);
    assert.equal(ledger.owners.size, 0);
    sources.cdn.isThere = true;
    ledger.notice('bt', new BftError('DISK_FULL', 'no room'));
    await pass(120);
    assert.equal(ledger.owners.size, 0);
    ledger.notice('bt', undefined);
    await pass(35);
    await fetching;
    assert.ok(shares().bt.every(file => ledger.isFrom(file, 'cdn')));
  });

  it('gives to obs only what the whole bucket has, and never to bt', async () => {
    script(delivers('bt'), delivers('obs'), refuses);
    await assert.rejects(fetchAll(), { code: 'OBS_REFUSED' });
    delivered.item.task.obs = { url: 'obs://bucket/pkg', upload: 'all' };
    const fetching = fetchAll();
    await pass(33);
    await fetching;
    assert.deepEqual(sources.obs.asked.at(-1), shares().cdn);
  });

  it('goes from one to the other when the one that took over fails, too', async () => {
    delivered.item.task.obs = { url: 'obs://bucket/pkg', upload: 'all' };
    script(isDead, delivers('obs'), isDead);
    const fetching = fetchAll();
    await pass(70);
    await fetching;
    assert.ok(shares().bt.every(file => ledger.isFrom(file, 'obs')));
  });

  it('a window that is closed is no failure', async () => {
    script(
      async (files, known, signal) => {
        known.notice('bt', new BftError('WINDOW_CLOSED', 'bt waits for its window'));
        await clock.sleep(120 * MINUTE, signal);
        known.notice('bt', undefined);
        await delivers('bt')(files, known, signal);
      },
      delivers('obs'),
      delivers('cdn'),
    );
    const fetching = fetchAll();
    await pass(121);
    await fetching;
    assert.equal(ledger.owners.size, 0);
  });

  it('goes to nobody whose window is closed, nor is he asked whether he could (BW-03)', async () => {
    script(isDead, delivers('obs'), delivers('cdn'));
    closed.add('cdn');
    let looks = 0;
    const status = sources.cdn.status.bind(sources.cdn);
    sources.cdn.status = async () => {
      looks += 1;
      return await status();
    };
    const stop = new AbortController();
    const fetching = fetchAll({}, stop.signal);
    await pass(90);
    assert.deepEqual([looks, ledger.owners.size], [0, 0]);
    closed.clear();
    await pass(5);
    await fetching;
    assert.deepEqual(new Set(ledger.owners.values()), new Set(['cdn']));
  });

  it('is remembered over a restart: nobody asks the failed one again', async () => {
    script(isDead, delivers('obs'), isDead);
    const stopping = new AbortController();
    const fetching = fetchAll({}, stopping.signal);
    fetching.catch(() => {});
    await pass(33);
    stopping.abort(new Error('restart'));
    await assert.rejects(fetching, /restart/);
    ledger = await Ledger.open(at('ledger'), clock, delivered.item.ledgerFiles);
    script(isDead, delivers('obs'), delivers('cdn'));
    await fetchAll();
    assert.deepEqual(sources.bt.asked, []);
    assert.ok(shares().bt.every(file => ledger.isFrom(file, 'cdn')));
  });

  it('never happens with a patience of 0', async () => {
    script(isDead, delivers('obs'), delivers('cdn'));
    const stopping = new AbortController();
    const fetching = fetchAll({ patienceMs: 0 }, stopping.signal);
    fetching.catch(() => {});
    await pass(600);
    assert.equal(sources.cdn.asked.length, 1);
    stopping.abort(new Error('enough'));
    await assert.rejects(fetching, /enough/);
  });
});
