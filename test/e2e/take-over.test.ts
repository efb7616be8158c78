import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

type Methods = Record<'bt' | 'obs' | 'cdn', { bytes: number; total: number; sources: Record<string, number> }>;
const methodsOf = (content: Answer['return_content']) => content.methods as Methods;

describe('take-over, caps and limits', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode | undefined;
  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1');
  });
  afterEach(() => receiver?.end('SIGKILL'));
  after(() => fleet.close());

  /** A receiver of its own that is given the task, with another list of signed addresses if one is named. */
  const receive = async (name: string, config: Record<string, unknown>, signedlist?: string) => {
    receiver = await fleet.node(name, 'receiver', config);
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { obs: Record<string, string> };
    if (signedlist !== undefined) task.obs.signedlist = signedlist;
    const { desc } = (await fleet.recv(receiver, 'film', JSON.stringify(task))).return_content;
    assert.equal(desc, 'succeed!');
    return receiver;
  };
  const arrives = async (node: TestNode) => {
    const content = await fleet.downloaded(node, 'film');
    await assertSameTree(join(node.root, 'dcp', 'film'), fleet.packagePath('film'));
    return methodsOf(content);
  };
  const size = Object.values(SMALL).reduce((sum, bytes) => sum + bytes, 0);

  it('cdn takes over from an obs that nobody reaches, and the report says who brought what', async () => {
    const config = { takeoverminutes: 0.02, retryminutes: 0.01 };
    const node = await receive('no-obs', config, 'http://127.0.0.1:1/signed.json');
    const { bt, obs, cdn } = await arrives(node);
    assert.equal(obs.bytes, 0);
    assert.equal(bt.bytes + cdn.bytes, size);
    assert.match(node.output, /cdn takes over from obs/);
    // It is kept with the task, for those who ask later.
    await node.end();
    await node.start();
    assert.deepEqual(methodsOf(await fleet.progress(node, 'film')), { bt, obs, cdn });
  });

  it('obs stops at its cap, wrong bytes included, and cdn brings the rest', async () => {
    const node = await receive('capped', { takeoverminutes: 30, obscap: 300_000 });
    const { obs, cdn, bt } = await arrives(node);
    const received = Object.values(obs.sources).reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(received <= 300_000, `${received} bytes by obs`);
    assert.equal(bt.bytes + obs.bytes + cdn.bytes, size);
    assert.match(node.output, /cdn takes over from obs/);
  });

  it('without anybody to take over a cap ends the try and says so', async () => {
    const node = await receive('capped-alone', { obscap: 300_000, retries: 1 });
    const content = await until('the failure', async () => {
      const now = await fleet.progress(node, 'film');
      return now.status === 'downloaderror' && now;
    });
    assert.equal(content.code, 'CAP_REACHED');
  });

  it('a limit of the task holds back all methods until it is lifted', async () => {
    const node = await receive('slow', { taskdownlimit: 1000, connections: 1 });
    const limits = (params: object) =>
      node.ask('/limits', 'limits', { taskfile: 'cfec-001-film.task.json', ...params });
    const { downlimit } = await limits({ downlimit: 2000 });
    assert.equal(downlimit, 2000);
    await until('something moves', async () => {
      const methods = methodsOf(await fleet.progress(node, 'film'));
      return Object.values(methods).some(({ sources }) => Object.keys(sources).length > 0);
    });
    const { status } = await fleet.progress(node, 'film');
    assert.equal(status, 'downloading');
    await limits({ downlimit: 0 });
    await arrives(node);
  });
});
