import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BftError } from '../../src/core/errors.ts';
import type { TransferItem } from '../../src/transfer/item.ts';
import type { Ledger } from '../../src/transfer/ledger.ts';
import { finish } from '../transports/finish.ts';
import { type Files, randomFiles, SamplePackage } from '../transports/sample-package.ts';
import { until } from '../transports/until.ts';
import type { Fixture, Traits } from './fixture.ts';

const NAMES = [
  'a b.xml',
  '#1.xml',
  'what?.xml',
  '100%.xml',
  '%41.xml',
  '片 头.xml',
  'sub/deep er/reel.mxf',
  'é&+=.xml',
  "it's [1].xml",
];
const SIZES = {
  ...Object.fromEntries(NAMES.map((name, index) => [name, 700 + index])),
  'zz empty.txt': 0,
  'm reel.mxf': 1_000_000,
};
const never = new AbortController().signal;

/** What every adapter of the Transport port must do; the rules are those of the port's comment. */
export function conformance(
  name: string,
  { method, onTheWay, takesSome }: Traits,
  makeFixture: () => Promise<Fixture>,
) {
  describe(`conformance: ${name}`, () => {
    const other = method === 'cdn' ? 'obs' : 'cdn';
    let fixture: Fixture;
    let sample: SamplePackage;
    let item: TransferItem;
    let ledger: Ledger;
    before(async () => {
      fixture = await makeFixture();
    });
    after(() => fixture.stop());
    beforeEach(() => prepare(randomFiles(SIZES)));
    afterEach(async () => {
      fixture.holdAfter(undefined);
      await fixture.lie(false, sample);
      await fixture.receiver.withdraw(item);
      await fixture.sender.withdraw(sample.sent());
      await sample.remove();
    });

    /** A package of which this method carries `files` and another one the rest, so that shares meet inside pieces. */
    const prepare = async (files: Files) => {
      const shares = { [method]: files, [other]: randomFiles({ 'm other.mxf': 90_000, 'z other.xml': 500 }) };
      await sample?.remove();
      sample = await SamplePackage.make({ name: '影片 #1', shares, tracker: fixture.tracker ?? '' });
      await fixture.address(sample);
      await fixture.sender.publish(sample.sent(), never);
      item = sample.received();
      ledger = await sample.ledger(item);
    };
    const extents = () => item.files(method).map(file => item.manifest.extent(file));
    const size = () => extents().reduce((sum, { length }) => sum + length, 0);
    const fetch = (signal = never) => fixture.receiver.fetch(item, extents(), ledger, signal);
    const pathsOf = (files: readonly string[]) =>
      Object.fromEntries(files.map(file => [item.stagedPath(file), sample.files[file]]));
    const staged = async () => {
      const root = join(sample.directory, 'transfer');
      return Object.fromEntries(
        Object.entries(await sample.staged()).map(([path, bytes]) => [join(root, path), bytes]),
      );
    };
    const assertWhole = async (others = {}) => {
      assert.deepEqual(await staged(), { ...pathsOf(item.files(method)), ...others });
      assert.equal(ledger.bytes(method), size());
    };
    /** Puts files in place as if the other method had brought them. */
    const place = async (files: readonly string[]) => {
      for (const file of files) {
        await mkdir(dirname(item.stagedPath(file)), { recursive: true });
        await writeFile(item.stagedPath(file), sample.files[file] ?? '');
        ledger.finish(file, other);
      }
    };
    /** Fetches until about the half is there, and aborts. */
    const fetchHalf = async (reason: Error) => {
      fixture.holdAfter(size() / 2);
      const controller = new AbortController();
      const fetching = fetch(controller.signal);
      fetching.catch(() => undefined);
      await until('some verified bytes', () => ledger.bytes(method) > size() / 4, 15_000);
      const begin = performance.now();
      controller.abort(reason);
      await assert.rejects(fetching, reason);
      const took = performance.now() - begin;
      await until('an idle source', () => fixture.isIdle());
      fixture.holdAfter(undefined);
      return took;
    };

    it('brings what was published, byte for byte, and nothing else; names of all kinds, an empty file', async () => {
      await fetch();
      await assertWhole();
      assert.ok(item.files(method).every(file => ledger.isFinished(file) && ledger.isFrom(file, method)));
    });

    it('brings every byte once', async () => {
      const before = await fixture.bytes();
      await fetch();
      const came = (await fixture.bytes()) - before;
      assert.ok(came >= size() && came <= size() + onTheWay, `${came} of ${size()}`);
    });

    if (takesSome) {
      it('writes nothing outside the extents', async () => {
        const asked = ['m reel.mxf', '片 头.xml'];
        const some = asked.map(file => item.manifest.extent(file));
        await fixture.receiver.fetch(item, some, ledger, never);
        assert.deepEqual(await staged(), pathsOf(asked));
      });

      it('leaves alone what another method has brought', async () => {
        await place(['m reel.mxf', '片 头.xml']);
        await fetch();
        const own = item.files(method).filter(file => ledger.isFrom(file, method));
        assert.equal(own.length, item.files(method).length - 2);
        assert.deepEqual(await staged(), pathsOf(item.files(method)));
      });
    }

    it('fetches nothing when nothing is asked for', async () => {
      const before = await fixture.bytes();
      await fixture.receiver.fetch(item, [], ledger, never);
      assert.deepEqual([await staged(), await fixture.bytes()], [{}, before]);
    });

    it('does not fetch what the ledger has: again after the end', async () => {
      await fetch();
      const before = await fixture.bytes();
      await fetch();
      assert.equal(await fixture.bytes(), before);
      await assertWhole();
    });

    it('resumes after an abort: what was verified is not fetched again', async () => {
      await fetchHalf(new Error('the window closed'));
      const [had, before] = [ledger.bytes(method), await fixture.bytes()];
      await fetch();
      await assertWhole();
      const came = (await fixture.bytes()) - before;
      assert.ok(came <= size() - had + onTheWay, `${came} after ${had} of ${size()}`);
    });

    it('resumes after a restart: what was finished is not fetched again', async () => {
      await fetchHalf(new Error('shutdown'));
      await fixture.receiver.withdraw(item);
      await ledger.flush();
      ledger = await sample.ledger(item);
      const had = ledger.bytes(method);
      const before = await fixture.bytes();
      await fetch();
      await assertWhole();
      assert.ok((await fixture.bytes()) - before <= size() - had + onTheWay);
    });

    it('an abort returns within a second, with the reason of the signal', async () => {
      const took = await fetchHalf(new Error('cancelled'));
      assert.ok(took < 1000, `${took} ms`);
    });

    it('a signal that is aborted already stops everything at once', async () => {
      const reason = new Error('cancelled before');
      const before = await fixture.bytes();
      await assert.rejects(fetch(AbortSignal.abort(reason)), reason);
      assert.equal(await fixture.bytes(), before);
      await fetch();
      await assertWhole();
    });

    it('progress only grows, and ends at the size', async () => {
      const seen: number[] = [];
      const ended = new AbortController();
      const watch = (async () => {
        while (!ended.signal.aborted) {
          seen.push(ledger.bytes(method));
          await delay(1);
        }
      })();
      await fetch();
      ended.abort();
      await watch;
      seen.push(ledger.bytes(method));
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      assert.equal(seen.at(-1), size());
    });

    it('wrong bytes are refused: no wrong file, and right ones in the end', async () => {
      await fixture.lie(true, sample);
      const controller = new AbortController();
      let failure: BftError | undefined;
      const fetching = fetch(controller.signal).catch((error: BftError) => {
        failure = error;
      });
      await until('a refusal', () => failure !== undefined || ledger.meters[method].wasted > 0, 15_000);
      const refused = failure;
      controller.abort(new Error('enough'));
      await fetching;
      if (refused !== undefined) assert.equal(refused.code, 'WRONG_BYTES', refused.message);
      assert.ok(ledger.meters[method].wasted > 0);
      assert.ok(ledger.bytes(method) < size());
      await fixture.lie(false, sample);
      await place(item.files(other));
      await finish(item, ledger, fetch);
      await assertWhole(pathsOf(item.files(other)));
    });

    it('publish and fetch can be called again', async () => {
      await fixture.sender.publish(sample.sent(), never);
      await fixture.sender.publish(sample.sent(), never);
      assert.equal((await fixture.sender.status(sample.sent())).state, 'available');
      await fetch();
      await assertWhole();
    });

    it('an abort of publish is an abort', async () => {
      const reason = new Error('cancelled');
      await fixture.sender.withdraw(sample.sent());
      await assert.rejects(fixture.sender.publish(sample.sent(), AbortSignal.abort(reason)), reason);
    });

    it('withdraw is idempotent, also of something unknown, and publish works after it', async () => {
      const unknown = await SamplePackage.make({ name: 'unknown', shares: { [method]: randomFiles({ x: 100 }) } });
      try {
        for (const transport of [fixture.sender, fixture.receiver]) {
          await transport.withdraw(unknown.sent());
          await transport.withdraw(unknown.received());
        }
      } finally {
        await unknown.remove();
      }
      await fixture.sender.withdraw(sample.sent());
      await fixture.sender.withdraw(sample.sent());
      await fixture.sender.publish(sample.sent(), never);
      await fetch();
      await assertWhole();
    });
  });
}
