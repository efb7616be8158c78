import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TestFleet } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

const TASK = 'cfec-001-film.task.json';
const OTHER = 'cfec-001-other.task.json';

describe('where gentask and sends write the task file (BG-01, BZ-01)', () => {
  let fleet: TestFleet;
  const own = (path: string) => join(fleet.sender.root, path);

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
  });
  after(() => fleet.close());

  const sends = (taskfile: string) =>
    fleet.sender.call('/sends', 'sends', { dcppath: fleet.packagePath('film'), taskfile });
  const refused = async (taskfile: string, why: RegExp, code = 'PARAMETER_INVALID') => {
    for (const answer of [await fleet.gentask('film', { taskfile }), await sends(taskfile)]) {
      assert.deepEqual([answer.return_status, answer.return_content.code], ['false', code]);
      assert.match(String(answer.return_content.desc), why);
    }
  };

  for (const directory of [
    'sender/queues',
    'sender/uploaded',
    'sender/corrupt',
    'receiver/queues',
    'receiver/downloading/sub',
    'transfer/bt',
    'state/sent',
    'dcp/cfec-001/dcps',
  ]) {
    it(`not among what the daemon keeps itself: ${directory}`, async () => {
      const path = own(join(directory, OTHER));
      await mkdir(dirname(path), { recursive: true });
      // No task, so that no queue takes it up.
      const text = directory.endsWith('queues') ? undefined : 'mine';
      if (text !== undefined) await writeFile(path, text);
      await refused(path, /which the daemon keeps itself/);
      if (text === undefined) assert.ok(!(await readdir(dirname(path))).includes(OTHER));
      else assert.equal(await readFile(path, 'utf8'), text);
    });
  }

  it('not by a link to there', async () => {
    await symlink(own('receiver/queues'), join(fleet.root, 'link'));
    await refused(join(fleet.root, 'link', TASK), /which the daemon keeps itself/);
  });

  it('not over a directory: what lies in it stays', async () => {
    const path = join(fleet.root, TASK);
    await mkdir(path);
    await writeFile(join(path, 'precious'), '');
    await refused(path, /is there, and is no file/);
    await access(join(path, 'precious'));
  });

  it('not over a link', async () => {
    const path = join(fleet.root, 'cfec-001-linked.task.json');
    await writeFile(join(fleet.root, 'precious'), 'mine');
    await symlink(join(fleet.root, 'precious'), path);
    await refused(path, /is there, and is no file/);
    assert.equal(await readFile(join(fleet.root, 'precious'), 'utf8'), 'mine');
  });

  it('not at what is no plain absolute path', async () => {
    const at = (path: string) => `${fleet.root}${path}`;
    for (const path of [TASK, `./${TASK}`, at(`/a/../${TASK}`), at(`//${TASK}`), at(`/\0/${TASK}`)])
      await refused(path, /is no absolute path/);
    await refused(at('/x.json'), /a task file is named/, 'NAME_UNSAFE');
    await refused('', /^error, please provide taskfile path\.$/, 'PARAMETER_MISSING');
  });

  it('in a directory that is made for it, over a file that is there', async () => {
    const taskfile = join(fleet.root, 'new', 'one', TASK);
    await fleet.make('film', '1:1:1');
    for (const _ of [1, 2]) {
      const answer = await fleet.gentask('film', { taskfile });
      assert.equal(answer.return_content.desc, 'succeeded!', JSON.stringify(answer));
      assert.equal((JSON.parse(await readFile(taskfile, 'utf8')) as { name: string }).name, 'film');
    }
  });

  it('and says that the package is being made before it reads what is in it (BG-13)', async () => {
    await writePackage(fleet.packagePath('large'), { 'a.mxf': 1000 });
    await truncate(join(fleet.packagePath('large'), 'a.mxf'), 1_500_000_000);
    assert.equal((await fleet.gentask('large')).return_status, 'true');
    await symlink('/etc/passwd', join(fleet.packagePath('large'), 'link'));
    const desc = `same torrent process is generating:${fleet.packagePath('large')}.torrent `;
    assert.equal((await fleet.gentask('large')).return_content.desc, desc);
  });
});
