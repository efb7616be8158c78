import assert from 'node:assert/strict';
import { join } from 'node:path';
import { formatLocalTime } from '../../src/core/units.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, writePackage } from './packages.ts';

const MIB = 1024 ** 2;
const HOUR = 3_600_000;
const clock = (hours: number) => formatLocalTime(Date.now() + hours * HOUR).slice(11, 16);
/** An hour at the other end of the day. */
const CLOSED = `${clock(11)}-${clock(12)}`;
interface Torrents {
  readonly torrents: readonly { readonly uplimit: number | null }[];
}
interface BtView {
  readonly bytes: number;
  readonly total: number;
  readonly trouble: string;
}

describe('what a node serves knows no window, unless it is told so (decision 25)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let cacher: TestNode;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ uplimit: 2 * MIB });
    await fleet.sender.start();
    cacher = await fleet.node('cacher', 'cacher');
    receiver = await fleet.node('receiver', 'receiver');
    await writePackage(fleet.packagePath('film'), { 'a.mxf': 12 * MIB, 'b.mxf': 4 * MIB });
    await fleet.publish('film', '1:0:0', { policy: 'priortime' });
  });
  after(() => fleet.close());

  const ask = async (node: TestNode, path: string) =>
    await (await fetch(`http://127.0.0.1:${node.apiPort}${path}`)).text();
  const reload = async (node: TestNode, keys: Record<string, unknown>) => {
    Object.assign(node.config, keys);
    await node.configure();
    assert.equal(await ask(node, '/reloadconf'), '"reload config.json ok."');
  };
  const cached = async () => {
    const answer = await cacher.ask('/progress', 'cprogress', { taskfile: 'cfec-001-film.task.json' });
    return (answer.methods as { bt: BtView }).bt;
  };
  const received = async () => ((await fleet.progress(receiver, 'film')).methods as { bt: BtView }).bt;

  it('a cacher whose window closes in the middle goes on serving what it has, also after a restart', async () => {
    await fleet.recv(cacher, 'film');
    await until('a part is cached', async () => (await cached()).bytes >= 2 * MIB);
    await reload(cacher, { btwindows: CLOSED });
    const { bytes, total } = await until('it waits', async () => {
      const view = await cached();
      return view.trouble !== '' && view;
    });
    assert.ok(bytes < total);
    assert.equal(await cacher.end(), 0);
    await cacher.start();
    // Nothing comes from the sender: its hours count for what it serves, too.
    await reload(fleet.sender, { servewindows: true, btwindows: CLOSED });
    await until('the sender gives nothing', async () => {
      const { torrents } = JSON.parse(await ask(fleet.sender, '/api/v1/torrents')) as Torrents;
      return torrents.every(({ uplimit }) => uplimit === 0);
    });
    await fleet.recv(receiver, 'film');
    const view = await until('the receiver has what the cacher has', async () => {
      const now = await received();
      return now.bytes >= bytes && now;
    });
    assert.ok(view.bytes < total);
  });

  it('all goes on when the hours are open again', async () => {
    await reload(cacher, { btwindows: '' });
    await reload(fleet.sender, { servewindows: false, uplimit: 0 });
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
    await until('all is cached', async () => {
      const { bytes, total } = await cached();
      return bytes === total;
    });
  });
});
