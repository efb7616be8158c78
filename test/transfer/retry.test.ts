import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Extent } from '../../src/torrent/manifest.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { pauseMs, withRetry } from '../../src/transfer/retry.ts';
import type { Transport } from '../../src/transfer/transport.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Delivered, packageFor } from './delivered-package.ts';

const never = new AbortController().signal;
const down = () => new BftError('SOURCE_UNREACHABLE', 'the line is down');
const middle = () => 0.5;

/** A transport whose fetch and publish do what the script says, step by step; the last step is repeated. */
class Scripted implements Transport {
  readonly method = 'cdn';
  tries = 0;
  readonly #steps: ((ledger?: Ledger) => void)[];

  constructor(...steps: ((ledger?: Ledger) => void)[]) {
    this.#steps = steps;
  }

  async publish(): Promise<void> {
    this.#steps[Math.min(this.tries++, this.#steps.length - 1)]?.();
  }

  async fetch(_: unknown, __: readonly Extent[], ledger: Ledger): Promise<void> {
    this.#steps[Math.min(this.tries++, this.#steps.length - 1)]?.(ledger);
  }

  async withdraw(): Promise<void> {}

  async status() {
    return { state: 'available' } as const;
  }
}

const fails =
  (error: () => Error = down) =>
  () => {
    throw error();
  };
const succeeds = () => {};

describe('transfer: pauses between tries (BE-20)', () => {
  it('double from a second to ten minutes', () => {
    const pauses = Array.from({ length: 13 }, (_, index) => pauseMs(index + 1, down(), middle) / 1000);
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
    assert.equal(pauseMs(1_000_000, down(), middle), 600_000);
  });

  it('are spread by a quarter to either side, and never shorter than what was asked for (fault 23)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(3_600_000),
        (tries, random, asked) => {
          const error = new BftError('SOURCE_REFUSES', 'busy', { retryAfterMs: asked });
          const pause = pauseMs(tries, error, () => random);
          const plain = Math.min(1000 * 2 ** (tries - 1), 600_000);
          assert.ok(pause >= asked);
          assert.ok(pause >= plain * 0.75 && pause <= Math.max(plain * 1.25, asked));
        },
      ),
    );
    assert.equal(pauseMs(1, new BftError('SOURCE_REFUSES', '', { retryAfterMs: 90_000 }), middle), 90_000);
  });
});

describe('transfer: retry', () => {
  const at = temporaryDirectory();
  let clock: ManualClock;
  let ledger: Ledger;
  let delivered: Delivered;
  beforeEach(async () => {
    clock = new ManualClock();
    ledger = await Ledger.open(at('record'), clock, { path: file => at(file), size: () => 1 });
    delivered = await packageFor(at('node'), { a: Buffer.from('abc') });
  });
  const fetch = (transport: Transport, signal = never) =>
    withRetry(transport, { clock, log: silentLog, random: middle }).fetch(delivered.item, [], ledger, signal);

  it('tries again what time may heal, with growing pauses, until it works', async () => {
    const transport = new Scripted(fails(), fails(), fails(), succeeds);
    await fetch(transport);
    assert.equal(transport.tries, 4);
    assert.deepEqual(clock.sleeps, [1000, 2000, 4000]);
  });

  it('throws what is permanent at once', async () => {
    const transport = new Scripted(fails(() => new BftError('TORRENT_MISMATCH', 'another package')));
    await assert.rejects(fetch(transport), { code: 'TORRENT_MISMATCH' });
    assert.deepEqual([transport.tries, clock.sleeps], [1, []]);
    // The other methods may go on for hours: it must not be hidden meanwhile, nor by what time heals.
    ledger.notice('bt', down());
    assert.equal(ledger.trouble?.code, 'TORRENT_MISMATCH');
  });

  it('bounds the tries of publishing (decision 24)', async () => {
    const transport = new Scripted(fails());
    const publish = withRetry(transport, { clock, log: silentLog, random: middle }).publish(delivered.item, never);
    await assert.rejects(publish, { code: 'SOURCE_UNREACHABLE' });
    assert.deepEqual([transport.tries, clock.sleeps], [4, [1000, 2000, 4000]]);
  });

  it('gives a code to what has none, and tries again', async () => {
    const transport = new Scripted(
      fails(() => new Error('boom')),
      succeeds,
    );
    await fetch(transport);
    assert.equal(ledger.noticeOf('cdn')?.message, 'cdn of cfec-001-pkg.task.json: boom');
    assert.equal(ledger.noticeOf('cdn')?.code, 'INTERNAL');
  });

  it('waits as long as the other side asked for (Retry-After)', async () => {
    const busy = fails(() => new BftError('SOURCE_REFUSES', '503', { retryAfterMs: 120_000 }));
    await fetch(new Scripted(busy, busy, succeeds));
    assert.deepEqual(clock.sleeps, [120_000, 120_000]);
  });

  it('starts the pauses anew after a try that brought something', async () => {
    let offset = 0;
    const brings = (to?: Ledger) => {
      to?.verified({ file: 'a', offset: offset++, length: 1 }, 'cdn');
      throw down();
    };
    await fetch(new Scripted(fails(), fails(), fails(), brings, fails(), brings, succeeds));
    assert.deepEqual(clock.sleeps, [1000, 2000, 4000, 1000, 2000, 1000]);
  });

  it('takes no comfort from what other methods brought', async () => {
    const other = (to?: Ledger) => {
      to?.verified({ file: 'a', offset: 0, length: 1 }, 'bt');
      throw down();
    };
    await fetch(new Scripted(fails(), other, succeeds));
    assert.deepEqual(clock.sleeps, [1000, 2000]);
  });

  it('says in the ledger why it waits', async () => {
    const notices: (string | undefined)[] = [];
    const looks = (to?: Ledger) => {
      notices.push(to?.noticeOf('cdn')?.message);
      throw down();
    };
    await fetch(new Scripted(looks, looks, succeeds));
    assert.deepEqual(notices, [undefined, 'the line is down']);
  });

  it('ends a pause as soon as it is told to, with the reason', async () => {
    const ending = new AbortController();
    const reason = new Error('the window closed');
    clock.onHang = () => ending.abort(reason);
    const transport = new Scripted(fails());
    await assert.rejects(fetch(transport, ending.signal), error => error === reason);
    assert.equal(transport.tries, 1);
  });

  it('takes no failure for one that comes from being told to end', async () => {
    const ending = new AbortController();
    const reason = new Error('cancelled');
    const transport = new Scripted(() => {
      ending.abort(reason);
      throw new BftError('SOURCE_UNREACHABLE', 'the socket was closed');
    });
    await assert.rejects(fetch(transport, ending.signal), error => error === reason);
    assert.equal(ledger.noticeOf('cdn'), undefined);
    assert.deepEqual(clock.sleeps, []);
  });

  it('publishes in the same way, and hands on the rest', async () => {
    const transport = new Scripted(fails(), fails(), succeeds);
    const retrying = withRetry(transport, { clock, log: silentLog, random: middle });
    await retrying.publish(delivered.item, never);
    assert.deepEqual([clock.sleeps, retrying.method], [[1000, 2000], 'cdn']);
    assert.deepEqual(await retrying.status(delivered.item), { state: 'available' });
    await retrying.withdraw(delivered.item);
    const refused = withRetry(new Scripted(fails(() => new BftError('OBS_REFUSED', '', { permanent: true }))), {
      clock,
      log: silentLog,
    });
    await assert.rejects(refused.publish(delivered.item, never), { code: 'OBS_REFUSED' });
  });
});
