import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

  it('the receiver, without fetching finished files again', async () => {
    await fleet.recv(receiver, 'film');
    const ledger = async () => {
      const now = await view();
      assert.notEqual(now.status, 'downloaded');
      return now.bytes.obs + now.bytes.cdn >= 60 * MIB;
    };
    await until('a large file is finished', ledger);
    await until('the ledger knows it', async () => (await readLedger()).some(line => line.bytes >= 60 * MIB));
    const finished = await readLedger();
    await receiver.end('SIGKILL');
    const { requests: before } = await fetchedObjects(fleet);
    await receiver.start();
    await arrives();
    const kept = finished.filter(line => line.method === 'obs').map(line => line.file);
    const again = (await fetchedObjects(fleet)).requests - before;
    if (kept.length > 0) assert.equal(again, 0, `${kept.join()} was fetched again`);
  });

  async function readLedger(): Promise<{ file: string; method: string; bytes: number }[]> {
    const { readdir } = await import('node:fs/promises');
    const root = join(receiver.root, 'transfer', 'ledger', 'cfec-001', 'film');
    const [key = ''] = await readdir(root);
    const text = await readFile(join(root, key, 'ledger.jsonl'), 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as { file: string; method: string; bytes: number });
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

async function fetchedObjects(fleet: TestFleet): Promise<{ requests: number }> {
  const counts = (await (await fetch(`http://127.0.0.1:${fleet.obsPort}/-/requests`)).json()) as Record<
    string,
    { requests: number }
  >;
  return { requests: counts.getObject?.requests ?? 0 };
}
