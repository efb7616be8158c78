import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode } from './nodes.ts';
import { assertSameTree, writePackage } from './packages.ts';

const ALL_HERE = 'all localsamefiles existed copy and finished, succeed!';
const FILES = { 'video.mxf': 700_000, 'audio.mxf': 300_000, 'sub/cpl.xml': 5000, 'sub/pkl.xml': 4000, empty: 0 };

describe('avoid repeat between real nodes (BR-10, BR-41 … BR-43, BF-18, BF-21, BF-24, BF-25)', () => {
  let fleet: TestFleet;
  let receiver: TestNode;
  const stored = (name: string) => join(receiver.root, 'dcp', name);
  const table = () => String(receiver.config.hashtable);
  const task = async (name: string) =>
    JSON.parse(await readFile(join(receiver.root, 'receiver', 'downloaded', `cfec-001-${name}.task.json`), 'utf8')) as {
      localsamefiles: string[];
      btlist: string[];
    };

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', {});
    await writePackage(fleet.packagePath('film'), FILES);
    await fleet.publish('film', '1:1:1');
    await fleet.recv(receiver, 'film');
    await fleet.downloaded(receiver, 'film');
  });
  after(() => fleet.close());

  it('knows what it received: the same package again is copied, and says so', async () => {
    assert.equal((await readFile(table(), 'utf8')).split('\n').length - 1, 5);
    const { desc } = (await fleet.recv(receiver, 'film')).return_content;
    assert.equal(desc, `same name task downloaded, ${ALL_HERE}`);
    const progress = await fleet.progress(receiver, 'film');
    assert.deepEqual(
      [
        progress.status,
        progress.localsamepercent,
        progress.bt2downpercent,
        progress.totoalpercent,
        progress.downloaded,
      ],
      ['downloaded', '100.000%', '0.000%', '100.000%', 1_009_000],
    );
    await assertSameTree(stored('film'), fleet.packagePath('film'));
  });

  it('fetches of a new version only what is new, by the methods that the sender chose', async () => {
    await cp(fleet.packagePath('film'), fleet.packagePath('version'), { recursive: true });
    await writePackage(fleet.packagePath('version'), { 'new.mxf': 400_000 });
    await fleet.publish('version', '1:1:1');
    assert.equal((await fleet.recv(receiver, 'version')).return_content.desc, 'succeed!');
    const progress = await fleet.downloaded(receiver, 'version');
    const { bt, obs, cdn } = progress.methods as Record<string, { total: number; bytes: number }>;
    assert.equal((bt?.total ?? 0) + (obs?.total ?? 0) + (cdn?.total ?? 0), 400_000);
    assert.deepEqual((await task('version')).localsamefiles.toSorted(), [
      'audio.mxf',
      'sub/cpl.xml',
      'sub/pkl.xml',
      'video.mxf',
    ]);
    await assertSameTree(stored('version'), fleet.packagePath('version'));
  });

  it('fetches what is taken out of the table, and what only seems to be here', async () => {
    await writeFile(stored('film/video.mxf'), Buffer.alloc(700_000, 1));
    const rows = (await readFile(table(), 'utf8')).split('\n');
    await writeFile(table(), rows.filter(row => row.includes('/film/') && !row.endsWith('pkl.xml')).join('\n'));
    assert.equal(
      (await fleet.recv(receiver, 'version')).return_content.desc,
      'same name task downloaded, to download again.',
    );
    await fleet.downloaded(receiver, 'version');
    assert.deepEqual((await task('version')).localsamefiles.toSorted(), ['audio.mxf', 'sub/cpl.xml']);
    await assertSameTree(stored('version'), fleet.packagePath('version'));
  });

  it('fetches once what a package has more than once, by whatever methods it comes (BR-41)', async () => {
    for (const [name, ratio] of [
      ['twice', '1:1:1'],
      ['twicebt', '1:0:0'],
    ] as const) {
      const source = fleet.packagePath(name);
      await writePackage(source, {
        'reel1.mxf': 900_000,
        'reel2.mxf': 600_000,
        'cpl.xml': 7000,
        'z/logo.mxf': 333_333,
      });
      for (const again of ['a/logo.mxf', 'b/logo.mxf', 'z/again.mxf']) {
        await cp(join(source, 'z/logo.mxf'), join(source, again), { recursive: true });
      }
      await cp(join(source, 'reel1.mxf'), join(source, 'reel3.mxf'));
      await fleet.publish(name, ratio);
      assert.equal((await fleet.recv(receiver, name)).return_content.desc, 'succeed!');
      const progress = await fleet.downloaded(receiver, name);
      const methods = Object.values(progress.methods as Record<string, { total: number }>);
      assert.equal(
        methods.reduce((sum, { total }) => sum + total, 0),
        900_000 + 600_000 + 7000 + 333_333,
      );
      assert.equal((await task(name)).localsamefiles.length, 4);
      await assertSameTree(stored(name), source);
    }
  });

  it('is off when the configuration says so (BC-07)', async () => {
    await writeFile(join(receiver.root, 'config.json'), JSON.stringify({ ...receiver.config, avoidrepeat: false }));
    assert.equal(
      await (await fetch(`http://127.0.0.1:${receiver.apiPort}/reloadconf`)).text(),
      '"reload config.json ok."',
    );
    assert.equal(
      (await fleet.recv(receiver, 'version')).return_content.desc,
      'same name task downloaded, to download again.',
    );
    assert.equal((await fleet.downloaded(receiver, 'version')).localsamepercent, '0.000%');
  });
});
