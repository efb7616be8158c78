import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { HOSTILE } from '../torrent/hostile/corpus.ts';
import { TestFleet, type TestNode } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

/** Every file and directory below, but what the daemon keeps of the task that it was asked about. */
async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => !path.includes('/state/received'))
    .sort();
}

describe('hostile torrents at the address that a task names (hostile input 5, 10)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;
  let server: Server;
  let served: Uint8Array = Buffer.alloc(0);
  let url = '';

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { receiverstoreplan: 'A' });
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:0:1');
    server = createServer((_, response) => response.end(served)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/film.torrent`;
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await fleet.close();
  });

  /** The task, but that its torrent lies with us, and that nothing is known of it. */
  async function hostileTask(): Promise<string> {
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { bt: object };
    const { infohash: _full, tmpinfohash: _tmp, ...bt } = task.bt as Record<string, unknown>;
    return JSON.stringify({ ...task, bt: { ...bt, tmpurl: url } });
  }

  it('are refused with a code each, nothing is written, and the daemon goes on', async () => {
    const task = await hostileTask();
    await fleet.recv(receiver, 'film', '{}');
    const before = await tree(fleet.root);
    for (const { attack, bytes, code } of HOSTILE) {
      served = bytes;
      const { return_status, return_content } = await fleet.recv(receiver, 'film', task);
      assert.deepEqual([attack, return_status, return_content.code], [attack, 'false', code]);
      assert.deepEqual(await tree(fleet.root), before, attack);
    }
    const kept = await readdir(join(receiver.root, 'state', 'received'), { recursive: true, withFileTypes: true });
    assert.deepEqual(
      kept.filter(entry => entry.isFile()).map(({ name }) => name),
      [],
    );
    assert.equal((await fleet.recv(receiver, 'film')).return_status, 'true');
    await fleet.downloaded(receiver, 'film');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  });
});
