import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TaskFile } from '../../src/task/task-file.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { TestFleet, type TestNode } from './nodes.ts';
import { writePackage } from './packages.ts';

const MIB = 1024 * 1024;

describe('a package that is a single file (BN-014, BT-02)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let planA: TestNode;
  let planB: TestNode;
  let otherSender: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ partsize: MIB });
    await fleet.startObs();
    await fleet.sender.start();
    planA = await fleet.node('receiver-a', 'receiver', { receiverstoreplan: 'A' });
    planB = await fleet.node('receiver-b', 'receiver', { receiverstoreplan: 'B' });
    const domains = { senderdomain: fleet.originUrl, cdnurl: fleet.originUrl };
    otherSender = await fleet.node('sender-b', 'receiver', { ...domains, servertype: 'sender' });
  });
  after(() => fleet.close());

  const publish = async (name: string, ratio: string, size: number): Promise<TaskFile> => {
    const path = fleet.packagePath(name);
    await writePackage(dirname(path), { [name]: size });
    await fleet.publish(name, ratio);
    return JSON.parse(await readFile(fleet.taskPath(name), 'utf8')) as TaskFile;
  };
  const receive = async (node: TestNode, name: string, stored: string) => {
    const answer = await fleet.recv(node, name);
    assert.equal(answer.return_status, 'true', JSON.stringify(answer));
    assert.equal((await fleet.downloaded(node, name)).dcppath, stored);
    assert.ok((await readFile(stored)).equals(await readFile(fleet.packagePath(name))), 'same bytes');
    await access(`${stored}.finished`);
  };
  const inPlanA = (name: string) => join(planA.root, 'dcp', name);

  for (const [ratio, lists] of [
    ['1:0:0', { bt: 1, obs: 0, cdn: 0 }],
    ['0:1:0', { bt: 0, obs: 1, cdn: 0 }],
    ['0:0:1', { bt: 0, obs: 0, cdn: 1 }],
    ['1:1:1', { bt: 1, obs: 0, cdn: 0 }],
  ] as const) {
    it(`travels as it is with ratio ${ratio}, and is stored as a file`, async () => {
      const name = `预告 ${ratio.replaceAll(':', '')}#?.mxf`;
      const task = await publish(name, ratio, 3 * MIB + 1);
      assert.equal(task.type, 'file');
      assert.deepEqual(
        task.filelist.map(({ file, size }) => [file, size]),
        [[name, 3 * MIB + 1]],
      );
      assert.deepEqual({ bt: task.btlist.length, obs: task.obslist.length, cdn: task.cdnlist.length }, lists);
      await receive(planA, name, inPlanA(name));
    });
  }

  it('has a torrent by BEP 3 without a list of files, and a -tmp one of a directory when bt shares with others', async () => {
    const name = 'torrents.mxf';
    await publish(name, '1:1:1', MIB);
    const full = parseTorrent(await readFile(`${fleet.packagePath(name)}.torrent`), 'full');
    assert.deepEqual([full.name, full.type, full.files], [name, 'file', [{ path: name, length: MIB, offset: 0 }]]);
    const published = join(dirname(dirname(fleet.packagePath(name))), 'dcps-tmp');
    const tmp = parseTorrent(await readFile(join(published, `${name}-tmp.torrent`)), 'tmp');
    assert.deepEqual([tmp.name, tmp.type, tmp.files], [`${name}-tmp`, 'dir', full.files]);
  });

  it('is stored below the organisation with plan B, and at another sender (BN-004, BR-04)', async () => {
    await publish('both.mxf', '0:1:0', MIB + 3);
    for (const node of [planB, otherSender]) {
      await receive(node, 'both.mxf', join(node.root, 'dcp', 'cfec-001', 'dcps', 'both.mxf'));
    }
  });

  it('takes the place of an older file, and of an older directory, of its name (BR-08, decision 22)', async () => {
    await mkdir(join(inPlanA('was-directory'), 'sub'), { recursive: true });
    await writeFile(join(inPlanA('was-directory'), 'sub', 'old.mxf'), 'old');
    await writeFile(inPlanA('was-file'), 'old');
    for (const [name, ratio] of [
      ['was-directory', '0:0:1'],
      ['was-file', '1:1:1'],
    ] as const) {
      await publish(name, ratio, MIB);
      await receive(planA, name, inPlanA(name));
    }
  });

  it('is not taken for the directory of one file that was there before, or the other way round', async () => {
    await publish('changes', '0:0:1', MIB);
    await receive(planA, 'changes', inPlanA('changes'));
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-changes.task.json' });
    await rm(fleet.packagePath('changes'));
    await writePackage(fleet.packagePath('changes'), { changes: MIB });
    const refused = await fleet.gentask('changes', { btobscdn: '0:0:1', deloldtorrent: 'false' });
    assert.equal(refused.return_content.code, 'TORRENT_MISMATCH');
  });

  it('leaves nothing in the transfer directories', async () => {
    for (const method of ['bt', 'obs', 'cdn', 'assembled', 'replaced']) {
      assert.deepEqual(await readdir(join(planA.root, 'transfer', method, 'cfec-001')).catch(() => []), [], method);
    }
    assert.ok((await stat(inPlanA('was-directory'))).isFile());
  });
});
