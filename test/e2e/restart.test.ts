import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notThere } from '../../src/core/errors.ts';
import { parseLine } from '../../src/transfer/ledger-journal.ts';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, writePackage } from './packages.ts';

const MIB = 1024 * 1024;
/** Large enough that a transfer can be met half-way. */
const FILES = {
  'a.mxf': 60 * MIB,
  'b.mxf': 60 * MIB + 1,
  'c.mxf': 60 * MIB + 2,
  'd.mxf': 60 * MIB + 3,
  'e.xml': 1000,
  'f.xml': 2000,
};

interface View {
  readonly status: string;
  readonly bytes: Readonly<Record<'bt' | 'obs' | 'cdn', number>>;
}

describe('a killed daemon goes on by itself', function () {
  this.timeout(180_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  beforeEach(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { connections: 1 });
    await writePackage(fleet.packagePath('film'), FILES);
    await fleet.publish('film', '2:1:1');
  });
  afterEach(() => fleet.close());

  const view = async (): Promise<View> => {
    const { status, methods } = await fleet.progress(receiver, 'film');
    const { bt, obs, cdn } = methods as Record<'bt' | 'obs' | 'cdn', { bytes: number }>;
    return { status: String(status), bytes: { bt: bt.bytes, obs: obs.bytes, cdn: cdn.bytes } };
  };
  const midway = () =>
    until('bytes of bt and of another method', async () => {
      const now = await view();
      assert.notEqual(now.status, 'downloaded', 'the transfer was over before it could be interrupted');
      return now.bytes.bt > 0 && now.bytes.obs + now.bytes.cdn > 0 && now;
    });
  const arrives = async () => {
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  };

  it('the receiver, with kill -9 in the middle (BR-50)', async () => {
    await fleet.recv(receiver, 'film');
    await midway();
    await receiver.end('SIGKILL');
    await receiver.start();
    await arrives();
    assert.match(receiver.output, /start downloading taskfiles: cfec-001-film\.task\.json/);
  });

  it('the receiver, fetching nothing again that the ledger has', async () => {
    await fleet.recv(receiver, 'film');
    await until('a good deal of a large file is durable', async () => {
      assert.notEqual((await view()).status, 'downloaded');
      return (await durable('obs')).bytes + (await durable('cdn')).bytes >= 30 * MIB;
    });
    await receiver.end('SIGKILL');
    const kept = { obs: await durable('obs'), cdn: await durable('cdn') };
    await receiver.start();
    await arrives();
    const { methods } = await fleet.progress(receiver, 'film');
    const views = methods as Record<'obs' | 'cdn', { total: number; sources: Record<string, number> }>;
    for (const method of ['obs', 'cdn'] as const) {
      const { total, sources } = views[method];
      const received = Object.values(sources).reduce((sum, bytes) => sum + bytes, 0) - kept[method].received;
      assert.ok(
        received <= total - kept[method].bytes,
        `${method}: ${received} of ${total}, ${kept[method].bytes} kept`,
      );
    }
  });

  /** What the ledger says is on disk, and what it had counted then. */
  async function durable(method: 'obs' | 'cdn'): Promise<{ bytes: number; received: number }> {
    const root = join(receiver.root, 'transfer', 'ledger', 'cfec-001', 'film');
    const [key = ''] = (await readdir(root).catch(notThere)) ?? [];
    const text = (await readFile(join(root, key, 'ledger.jsonl'), 'utf8').catch(notThere)) ?? '';
    let [bytes, received] = [0, 0];
    for (const entry of text.split('\n').flatMap(parseLine)) {
      if ('durable' in entry && entry.source === method) for (const [start, end] of entry.spans) bytes += end - start;
      if ('counted' in entry) received = entry.counted[method]?.received ?? received;
    }
    return { bytes, received };
  }

  it('the sender, with kill -9 in the middle: it serves again without being told', async () => {
    await fleet.recv(receiver, 'film');
    await midway();
    await fleet.sender.end('SIGKILL');
    await fleet.sender.start();
    await arrives();
  });

  it('the engine process of the receiver, with kill -9 in the middle', async () => {
    await fleet.recv(receiver, 'film');
    await midway();
    const children = await readFile(`/proc/${receiver.pid}/task/${receiver.pid}/children`, 'utf8');
    const engine = Number(children.trim().split(' ')[0]);
    assert.ok(engine > 0, 'the daemon has no engine process');
    process.kill(engine, 'SIGKILL');
    await arrives();
  });
});
