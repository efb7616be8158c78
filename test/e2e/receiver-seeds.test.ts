import assert from 'node:assert/strict';
import { join } from 'node:path';
import { TestFleet } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

describe('a receiver that serves on what it received (BN-016, BP-05, decision 13)', () => {
  let fleet: TestFleet;
  before(async () => {
    fleet = await TestFleet.create();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:0:0');
  });
  after(() => fleet.close());

  it('feeds another one after the sender stopped, also after a restart', async () => {
    const first = await fleet.node('first', 'receiver', { receiverseedtime: 2 });
    await fleet.recv(first, 'film');
    assert.equal((await fleet.downloaded(first, 'film')).dcppath, join(first.root, 'dcp', 'film'));
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
    await first.end('SIGKILL');
    await first.start();
    const second = await fleet.node('second', 'receiver', {});
    await fleet.recv(second, 'film');
    const progress = await fleet.downloaded(second, 'film');
    assert.equal(progress.btstatus, 'noseeding');
    assert.equal((await fleet.progress(first, 'film')).btstatus, 'seeding');
    await assertSameTree(join(second.root, 'dcp', 'film'), fleet.packagePath('film'));
    await assertSameTree(join(first.root, 'dcp', 'film'), fleet.packagePath('film'));
  });
});
