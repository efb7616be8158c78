import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const TASK = (organisation: string) => `${organisation}-film.task.json`;

describe('plan A: two organisations, one name, one place (BN-004)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { receiverstoreplan: 'A' });
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '0:1:1');
  });
  after(() => fleet.close());

  async function recv(organisation: string, cdn?: string): Promise<Answer> {
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { cdn: { url: string } };
    if (cdn !== undefined) task.cdn.url = cdn;
    const path = join(receiver.root, TASK(organisation));
    await writeFile(path, JSON.stringify({ ...task, basesubdir: organisation }));
    return await receiver.call('/recv', 'recv', { taskfile: path });
  }
  const finished = (organisation: string) =>
    until(`${organisation}'s film is here`, async () => {
      const { return_content } = await receiver.call('/progress', 'progress', { taskfile: TASK(organisation) });
      return return_content.status === 'downloaded';
    });

  it('they are never put together there at the same time', async () => {
    assert.equal((await recv('cfec-001', 'http://127.0.0.1:1/nowhere')).return_status, 'true');
    const { return_content } = await recv('cfec-002');
    assert.equal(return_content.code, 'TASK_EXISTS');
    assert.match(String(return_content.desc), /film is being received by the task cfec-001-film\.task\.json/);
    await receiver.ask('/cancel', 'cancel', { taskfile: TASK('cfec-001') });
  });

  it('the later one takes the place, and the log names both', async () => {
    await recv('cfec-001');
    await finished('cfec-001');
    assert.doesNotMatch(receiver.output, /is replaced/);
    await recv('cfec-002');
    await finished('cfec-002');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
    const told = receiver.output.split('\n').find(line => line.includes('a package of another task is replaced'));
    assert.ok(told);
    const { level, task, replaces } = JSON.parse(told) as Record<string, unknown>;
    assert.deepEqual([level, task, replaces], [40, TASK('cfec-002'), TASK('cfec-001')]);
    // It has no package any more, and must not serve the other's bytes as its own.
    assert.equal((await receiver.ask('/progress', 'progress', { taskfile: TASK('cfec-001') })).status, 'history');
  });
});
