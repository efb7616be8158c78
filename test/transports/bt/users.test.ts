import assert from 'node:assert/strict';
import { silentLog } from '../../../src/core/log.ts';
import { TransferItem } from '../../../src/transfer/item.ts';
import { BtEngine } from '../../../src/transports/bt/engine.ts';
import { BtTransport } from '../../../src/transports/bt/transport.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';

const never = new AbortController().signal;

describe('a torrent that several tasks of a node use', () => {
  let engine: BtEngine;
  let bt: BtTransport;
  let sample: SamplePackage;
  beforeEach(async () => {
    sample = await SamplePackage.make({ shares: { bt: randomFiles({ 'a.mxf': 100_000 }) } });
    engine = new BtEngine({ log: silentLog }, { port: 0 });
    await engine.start();
    bt = new BtTransport(engine);
  });
  afterEach(async () => {
    await engine.stop();
    await sample.remove();
  });

  /** The item of another task of the package, in the other direction if it is not sent. */
  const other = ({ packagePath, task, full }: TransferItem, name: string, isSent: boolean) =>
    new TransferItem(name, task, { packagePath, transferPath: '/nowhere', isSent }, { full, tmp: undefined });
  const states = (...items: TransferItem[]) =>
    Promise.all(items.map(async item => (await bt.status(item)).state === 'available'));

  for (const [what, name, isOtherWay] of [
    ['two tasks', 'cfec-001-other.task.json', false],
    ['both directions of one task', 'cfec-001-film.task.json', true],
  ] as const) {
    it(`is shared by ${what} where the files are the same, and leaves the engine with the last of them (BU-07)`, async () => {
      const first = sample.sent();
      const second = other(first, name, first.isSent !== isOtherWay);
      await bt.publish(first, never);
      assert.deepEqual(await states(first, second), [true, false]);
      await bt.publish(second, never);
      await bt.withdraw(first);
      await bt.withdraw(first);
      assert.deepEqual(await states(first, second), [false, true]);
      await bt.withdraw(second);
      assert.deepEqual(engine.list(), []);
    });
  }

  it('asks no tracker of a received torrent that allowhosts does not list, and any of its own (hostile input 11)', async () => {
    const tracked = await SamplePackage.make({
      shares: { bt: randomFiles({ 'a.mxf': 100_000 }) },
      tracker: 'http://127.0.0.1:1/announce',
    });
    const asked: unknown[] = [];
    const add = engine.add.bind(engine);
    engine.add = torrent => {
      asked.push(torrent.announce);
      return add(torrent);
    };
    const fetching = tracked.received();
    const extents = fetching.files('bt').map(file => fetching.manifest.extent(file));
    for (const list of ['elsewhere.example', '*.example,127.0.0.1', '']) {
      const listed = new BtTransport(engine, { allowHosts: () => list });
      const stop = new AbortController();
      const fetched = listed.fetch(fetching, extents, await tracked.ledger(fetching), stop.signal);
      setImmediate(() => stop.abort(new Error('seen')));
      await assert.rejects(fetched, /seen/);
    }
    await new BtTransport(engine, { allowHosts: () => 'elsewhere.example' }).publish(
      other(tracked.sent(), fetching.name, true),
      never,
    );
    const all = ['http://127.0.0.1:1/announce'];
    assert.deepEqual(asked, [[], all, all, all]);
    await tracked.remove();
  });

  it('is not taken to other files from under the one that has it', async () => {
    const serving = sample.sent();
    await bt.publish(serving, never);
    const fetching = other(sample.received(), 'cfec-001-other.task.json', false);
    const ledger = await sample.ledger(fetching);
    const extents = fetching.files('bt').map(file => fetching.manifest.extent(file));
    await assert.rejects(bt.fetch(fetching, extents, ledger, never), { code: 'TASK_EXISTS' });
    await bt.withdraw(fetching);
    assert.deepEqual(await states(serving, fetching), [true, false]);
  });

  it('whose engine does not come up keeps nobody waiting who stops', async () => {
    const down = new BtTransport(new BtEngine({ log: silentLog }, { port: 0 }));
    const stopping = new AbortController();
    const publishing = down.publish(sample.sent(), stopping.signal);
    setImmediate(() => stopping.abort(new Error('stopped')));
    await assert.rejects(publishing, /stopped/);
    assert.equal((await down.status(sample.sent())).state, 'unavailable');
  });
});
