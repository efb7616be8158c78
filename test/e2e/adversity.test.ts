import assert from 'node:assert/strict';
import { access, appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const MIB = 1024 * 1024;

describe('adversity', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ retryminutes: 0.01, retries: 2 });
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { retryminutes: 0.01, retries: 2 });
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '2:1:1');
  });
  after(() => fleet.close());

  const gentask = (name: string, more?: Record<string, unknown>) => fleet.gentask(name, more);

  describe('at the sender', () => {
    it('a cancel that was acknowledged holds, however close to the send it comes', async () => {
      await writePackage(fleet.packagePath('hasty'), SMALL);
      await fleet.make('hasty', '1:0:1');
      for (let round = 0; round < 15; round++) {
        const [, cancelled] = await Promise.all([
          fleet.sender.call('/send', 'send', { taskfile: fleet.taskPath('hasty') }),
          fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-hasty.task.json' }),
        ]);
        const upload = await fleet.sender.call('/uploadprogress', 'uploadprogress', {
          taskfile: 'cfec-001-hasty.task.json',
        });
        if (cancelled.desc === 'succeed!') assert.equal(upload.return_content.status, 'unknown', `round ${round}`);
        await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-hasty.task.json' });
      }
    });

    it('a task whose torrent is gone is not ready, though it lies in uploaded, and says why (BU-04, C-50)', async () => {
      const torrent = join(fleet.sender.root, 'dcp', 'cfec-001', 'dcps-tmp', 'film-tmp.torrent');
      await rename(torrent, `${torrent}.away`);
      const upload = await fleet.upload('film');
      assert.equal(upload.status, 'error');
      assert.equal(upload.desc, 'bt errors');
      assert.match(String(upload.detail), /^not found torrent:/);
      await rename(`${torrent}.away`, torrent);
      assert.equal((await fleet.upload('film')).status, 'ready');
    });

    it('a package that changed after its task was made is not offered (fault 18)', async () => {
      await writePackage(fleet.packagePath('changed'), SMALL);
      await fleet.make('changed', '1:1:1');
      await appendFile(join(fleet.packagePath('changed'), 'd.xml'), 'x');
      await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('changed') });
      const upload = await until('the error is shown', async () => {
        const now = await fleet.upload('changed');
        return now.status === 'error' && now;
      });
      assert.match(String(upload.detail), /d\.xml changed since the task was made/);
    });

    it('two gentask of one package at once: one is made, the other is refused (BG-13)', async () => {
      await writePackage(fleet.packagePath('twice'), { 'a.mxf': 50 * MIB });
      const answers = await Promise.all([gentask('twice'), gentask('twice')]);
      const codes = answers.map(answer => answer.return_content.code ?? 'accepted');
      assert.deepEqual(new Set(codes), new Set(['accepted', 'TORRENT_BUSY']));
      await until('made', async () =>
        access(fleet.taskPath('twice')).then(
          () => true,
          () => false,
        ),
      );
    });

    it('a package at another place than send looks for it is refused', async () => {
      const path = join(fleet.sender.root, 'dcp', 'rootfilm');
      await writePackage(path, SMALL);
      const { return_content } = await gentask('rootfilm', { dcppath: path });
      assert.equal(return_content.code, 'PARAMETER_INVALID');
      assert.deepEqual((await readdir(fleet.sender.root)).includes('dcps-tmp'), false);
    });

    it('keys that were given for one task are not those of one made without them', async () => {
      const keys = join(fleet.sender.root, 'state', 'sent', 'cfec-001-keyed.task.json');
      const files = async () => (await readdir(keys, { recursive: true })).filter(file => file.includes('obs-keys'));
      await writePackage(fleet.packagePath('keyed'), SMALL);
      await gentask('keyed', { ak: 'A', sk: 'S', endpoint: 'http://127.0.0.1:1' });
      await until('made with keys', async () => (await files().catch(() => [])).length === 1);
      await until('made again', async () => (await gentask('keyed')).return_content.desc === 'succeeded!');
      const { gentime } = JSON.parse(await readFile(fleet.taskPath('keyed'), 'utf8')) as { gentime: string };
      const digits = gentime.replaceAll(/\D/g, '');
      assert.ok((await files()).every(file => !file.includes(digits)));
    });

    it('a NUL in a path is refused, and is no defect of the daemon', async () => {
      const { return_content } = await gentask('film', { taskfile: `/tmp/a\0b/cfec-001-x.task.json` });
      assert.equal(return_content.code, 'PARAMETER_INVALID');
      const sent = await fleet.sender.call('/send', 'send', { taskfile: '/tmp/a\0b.task.json' });
      assert.equal(sent.return_content.code, 'NAME_UNSAFE');
    });
  });

  describe('at the receiver', () => {
    it('two task files of one package: the second waits for nobody, it is refused, and destroys nothing', async () => {
      const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as {
        bt: { tracker: string };
        cdn: { url: string };
      };
      task.cdn.url = 'http://127.0.0.1:1/nowhere';
      const first = join(receiver.root, 'one.task.json');
      await writeFile(first, JSON.stringify(task));
      await receiver.ask('/recv', 'recv', { taskfile: first });
      const second = await fleet.recv(receiver, 'film');
      assert.equal(second.return_content.code, 'TASK_EXISTS');
      assert.match(
        String(second.return_content.desc),
        /the package film is being received by the task one\.task\.json/,
      );
      await receiver.ask('/cancel', 'cancel', { taskfile: 'one.task.json' });
      assert.equal((await fleet.recv(receiver, 'film')).return_status, 'true');
      await fleet.downloaded(receiver, 'film');
      await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
    });

    it('the query of an address is never shown', async () => {
      const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as {
        name: string;
        bt: { tmpurl: string };
      };
      task.name = 'secretive';
      task.bt.tmpurl = `${fleet.originUrl}/dcp/nowhere.torrent?Signature=SECRETSIG`;
      const { return_content } = await fleet.recv(receiver, 'secretive', JSON.stringify(task));
      assert.equal(return_content.desc, `could not download tmptorrent from ${fleet.originUrl}/dcp/nowhere.torrent`);
      assert.ok(!receiver.output.includes('SECRETSIG'));
    });

    it('a hostile task in a state directory deletes nothing, neither at the start nor when it is cancelled', async () => {
      const victim = join(receiver.root, 'victim');
      await mkdir(victim);
      await writeFile(join(victim, 'precious'), 'x');
      const hostile = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { name: string };
      hostile.name = '../../../victim';
      await receiver.end();
      for (const state of ['downloading', 'downloaded']) {
        await writeFile(join(receiver.root, 'receiver', state, `${state}.task.json`), JSON.stringify(hostile));
      }
      await receiver.start();
      await receiver.call('/cancel', 'cancel', { taskfile: 'downloading.task.json' });
      assert.equal(await readFile(join(victim, 'precious'), 'utf8'), 'x');
    });

    it('an engine that stalls is replaced: the daemon answers, and the transfer completes', async () => {
      await rm(join(receiver.root, 'dcp', 'film'), { recursive: true });
      await fleet.recv(receiver, 'film');
      const children = await readFile(`/proc/${receiver.pid}/task/${receiver.pid}/children`, 'utf8');
      const engine = Number(children.trim().split(' ')[0]);
      process.kill(engine, 'SIGSTOP');
      await receiver.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
      assert.equal((await fleet.recv(receiver, 'film')).return_status, 'true');
      await fleet.downloaded(receiver, 'film');
      await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
    });
  });
});
