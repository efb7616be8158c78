import assert from 'node:assert/strict';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, MIXED, writePackage } from './packages.ts';

const MIB = 1024 * 1024;
type Methods = Record<'bt' | 'obs' | 'cdn', { bytes: number; total: number; sources: Record<string, number> }>;

describe('a package from a sender through a cacher to receivers, over bt, obs and cdn at once (BN-001, BN-002)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let cacher: TestNode;
  let planA: TestNode;
  let planB: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ partsize: MIB });
    await fleet.startObs();
    await fleet.sender.start();
    cacher = await fleet.node('cacher', 'cacher');
    planA = await fleet.node('receiver-a', 'receiver', { receiverstoreplan: 'A' });
    planB = await fleet.node('receiver-b', 'receiver', { receiverstoreplan: 'B' });
    await writePackage(fleet.packagePath('film'), MIXED);
  });
  after(() => fleet.close());

  it('makes the task and sends it until it is ready (BG-02, BS-02, BU-04)', async () => {
    await fleet.publish('film', '2:1:1');
    const upload = await fleet.upload('film');
    assert.deepEqual(
      { btstatus: upload.btstatus, obsstatus: upload.obsstatus, cdnstatus: upload.cdnstatus },
      { btstatus: 'seeding', obsstatus: 'completed', cdnstatus: 'available' },
    );
    assert.equal(upload.taskfile, join(fleet.sender.root, 'sender', 'uploaded', 'cfec-001-film.task.json'));
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, unknown>;
    for (const list of ['btlist', 'obslist', 'cdnlist']) assert.notDeepEqual(task[list], [], list);
  });

  it('carries no access keys in the task (decision 19)', async () => {
    const text = await readFile(fleet.taskPath('film'), 'utf8');
    assert.ok(!text.includes('TESTKEY') && !text.includes('TESTSECRET'));
  });

  it('is cached at the edge and served on (BR-05, BP-31)', async () => {
    const answer = await fleet.recv(cacher, 'film');
    assert.equal(answer.return_content.desc, 'succeed!');
    await until('the cacher has its share', async () => {
      const content = await cacher.ask('/progress', 'cprogress', { taskfile: 'cfec-001-film.task.json' });
      const { bt } = content.methods as { bt: { bytes: number; total: number } };
      return content.status === 'seeding' && bt.bytes === bt.total && bt.total > 0;
    });
    const state = await readdir(join(cacher.root, 'receiver', 'downloading'));
    assert.deepEqual(state, ['cfec-001-film.task.json']);
  });

  for (const plan of ['A', 'B'] as const) {
    it(`arrives byte for byte in the storage of plan ${plan} (BN-004, BR-03, BD-16)`, async () => {
      const node = plan === 'A' ? planA : planB;
      const stored = join(node.root, 'dcp', ...(plan === 'A' ? [] : ['cfec-001', 'dcps']), 'film');
      assert.equal((await fleet.recv(node, 'film')).return_content.desc, 'succeed!');
      const content = await fleet.downloaded(node, 'film');
      assert.equal(content.dcppath, stored);
      await assertSameTree(stored, fleet.packagePath('film'));
      await access(`${stored}.finished`);
    });
  }

  it('says truly what each method brought (BP-02, BP-07, BP-08, BP-11)', async () => {
    const content = await fleet.progress(planA, 'film');
    const size = Object.values(MIXED).reduce((sum, bytes) => sum + bytes, 0);
    const methods = content.methods as Methods;
    assert.equal(content.totoalpercent, '100.000%');
    assert.equal(content.downloaded, size);
    assert.equal(methods.bt.bytes + methods.obs.bytes + methods.cdn.bytes, size);
    for (const { bytes, total } of Object.values(methods)) assert.ok(bytes === total && bytes > 0);
  });

  it('came to the receivers from the cacher, too', async () => {
    const status = await fetch(`http://127.0.0.1:${cacher.apiPort}/api/v1/status`);
    const { btport } = (await status.json()) as { btport: number };
    const fromCacher = await Promise.all(
      [planA, planB].map(
        async node => ((await fleet.progress(node, 'film')).methods as Methods).bt.sources[`127.0.0.1:${btport}`] ?? 0,
      ),
    );
    assert.ok(
      fromCacher.some(bytes => bytes > 0),
      JSON.stringify(fromCacher),
    );
  });

  it('leaves nothing in the transfer directories of a receiver', async () => {
    for (const method of ['bt', 'obs', 'cdn', 'assembled']) {
      assert.deepEqual(await readdir(join(planA.root, 'transfer', method, 'cfec-001')).catch(() => []), [], method);
    }
  });

  it('is received again when asked, in place of the old one (BR-08, BR-26, C-20, decision 22)', async () => {
    // Otherwise it would only be copied.
    await writeFile(String(planA.config.hashtable), '');
    const answer = await fleet.recv(planA, 'film');
    assert.equal(answer.return_content.desc, 'same name task downloaded, to download again.');
    await until(
      'the second transfer ended',
      async () => (await fleet.progress(planA, 'film').catch(() => undefined))?.status === 'downloaded',
    );
    await assertSameTree(join(planA.root, 'dcp', 'film'), fleet.packagePath('film'));
  });

  it('never shows a key in a log', () => {
    for (const node of [fleet.sender, cacher, planA, planB]) {
      assert.ok(!node.output.includes('TESTSECRET') && !node.output.includes('Signature='), node.output);
    }
  });

  it('stops with exit code 0 on SIGTERM, wherever it stands', async () => {
    assert.deepEqual(await Promise.all([fleet.sender, cacher, planA, planB].map(node => node.end())), [0, 0, 0, 0]);
  });
});
