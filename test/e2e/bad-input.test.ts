import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';

const MIB = 1024 * 1024;
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Starts a daemon that must refuse to; resolves with what it said. */
function refused(args: readonly string[]): { status: number | null; text: string } {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 20_000 });
  return { status, text: stderr };
}

describe('bad input gets a clear error with a code, and nothing is lost', function () {
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

  describe('configuration', () => {
    it('missing', () => {
      const { status, text } = refused(['--config', join(fleet.root, 'nowhere.json')]);
      assert.equal(status, 1);
      assert.match(text, /CONFIG_MISSING: there is no configuration at .*nowhere\.json\n {2}Give --config/);
    });

    it('not JSON: line and reason', async () => {
      const path = join(fleet.root, 'torn.json');
      await writeFile(path, '{\n  "servertype": "sender"\n  "machinetype": "local"\n}\n');
      const { status, text } = refused(['--config', path]);
      assert.equal(status, 1);
      assert.match(text, /CONFIG_INVALID: .*torn\.json: .*line 3/);
    });

    it('unknown key, wrong value: the keys are named', async () => {
      const path = join(fleet.root, 'wrong.json');
      await writeFile(path, '{"servertype":"projector","uploadingnumm":5}');
      const { text } = refused(['--config', path]);
      assert.match(text, /"servertype" must be one of sender, receiver, cacher/);
      assert.match(text, /unknown key "uploadingnumm"/);
    });

    it('an option that does not exist: exit code 2', () => {
      assert.equal(refused(['--nonsense']).status, 2);
    });

    it('a second daemon on the same directories', async () => {
      const path = join(fleet.root, 'second.json');
      await writeFile(path, JSON.stringify({ ...receiver.config, apilisten: `127.0.0.1:${await freePort()}` }));
      assert.match(refused(['--config', path]).text, /ALREADY_RUNNING/);
    });

    it('an address in use: started parts are stopped again', async () => {
      const path = join(fleet.root, 'busy.json');
      const root = join(fleet.root, 'busy');
      const own = {
        basedatapath: root,
        receiverpath: join(root, 'r'),
        transferpath: join(root, 't'),
        statepath: join(root, 's'),
      };
      await writeFile(path, JSON.stringify({ ...receiver.config, ...own }));
      assert.match(
        refused(['--config', path]).text,
        /LISTEN_FAILED: cannot listen on 127\.0\.0\.1:\d+ \("apilisten"\)/,
      );
    });

    for (const key of ['statepath', 'receiverpath', 'basedatapath', 'logfile']) {
      it(`a path that cannot be made: ${key} and its path are named`, async () => {
        const [path, file] = [join(fleet.root, 'unmade.json'), join(fleet.root, 'a file')];
        await writeFile(file, '');
        const own = { transferpath: join(fleet.root, 'unmade', 't'), [key]: join(file, 'x') };
        await writeFile(path, JSON.stringify({ ...receiver.config, ...own }));
        const { status, text } = refused(['--config', path]);
        assert.equal(status, 1);
        assert.ok(text.includes(`CONFIG_INVALID: "${key}" ${join(file, 'x')} cannot be made or written: E`), text);
      });
    }

    it('an API beyond loopback in the open', async () => {
      const path = join(fleet.root, 'open.json');
      await writeFile(path, JSON.stringify({ ...receiver.config, apilisten: '0.0.0.0:8191' }));
      assert.match(
        refused(['--config', path]).text,
        /"apilisten" 0\.0\.0\.0:8191 can be reached by others: give a certificate/,
      );
    });

    it('a reload that is wrong keeps the old one (BC-40)', async () => {
      const path = join(receiver.root, 'config.json');
      const before = await readFile(path, 'utf8');
      const reload = async () => await (await fetch(`http://127.0.0.1:${receiver.apiPort}/reloadconf`)).text();
      await writeFile(path, before.replace('"receiver"', '"projector"'));
      assert.match(await reload(), /"servertype" must be one of/);
      await writeFile(path, before);
      assert.equal(await reload(), '"reload config.json ok."');
    });
  });

  describe('task files at recv', () => {
    const recv = async (change: (task: Record<string, unknown>) => unknown) => {
      const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, unknown>;
      const text = change(task);
      const answer = await fleet.recv(receiver, 'film', typeof text === 'string' ? text : JSON.stringify(task));
      assert.equal(answer.return_status, 'false');
      assert.deepEqual(await readdir(join(receiver.root, 'receiver', 'queues')), []);
      return answer.return_content;
    };
    const files = (task: Record<string, unknown>) => task.filelist as { file: string; size: number }[];

    it('missing (BR-21)', async () => {
      const path = join(fleet.root, 'cfec-001-none.task.json');
      const { return_content } = await receiver.call('/recv', 'recv', { taskfile: path });
      assert.equal(return_content.desc, `open json file error:open ${path}: no such file or directory`);
    });

    it('torn (BR-22)', async () => {
      const { desc, code } = await recv(task => JSON.stringify(task).slice(0, 200));
      assert.equal(desc, `invalid json format:${join(receiver.root, 'cfec-001-film.task.json')}`);
      assert.equal(code, 'TASK_FILE_INVALID');
    });

    for (const name of ['../escape', '/etc/passwd', 'a/../../b', 'nul\0', 'back\\slash', '', 'a//b', 'x'.repeat(256)]) {
      it(`a hostile file name: ${JSON.stringify(name.slice(0, 20))}`, async () => {
        const { code } = await recv(task => {
          const [first] = files(task);
          if (first) first.file = name;
        });
        assert.equal(code, 'NAME_UNSAFE');
      });
    }

    for (const key of ['name', 'basesubdir']) {
      it(`a hostile ${key}`, async () => {
        assert.equal((await recv(task => void (task[key] = '../../outside'))).code, 'NAME_UNSAFE');
      });
    }

    it('sums that contradict each other (BR-29)', async () => {
      const { desc } = await recv(task => void (task.size = Number(task.size) + 1));
      assert.equal(desc, `totalsize != all lists sum : ${join(receiver.root, 'cfec-001-film.task.json')}`);
    });

    it('no torrent at the address (BR-33)', async () => {
      const url = `${fleet.originUrl}/dcp/cfec-001/dcps-tmp/none-tmp.torrent`;
      const { desc } = await recv(task => void ((task.bt as { tmpurl: string }).tmpurl = url));
      assert.equal(desc, `could not download tmptorrent from ${url}`);
    });

    it('no address of a -tmp torrent (BR-32)', async () => {
      const { desc } = await recv(task => void ((task.bt as { tmpurl: string }).tmpurl = ''));
      assert.equal(desc, 'need tmptorrent and found bt.tmpurl is empty.');
    });

    it('a torrent of something else (BR-34)', async () => {
      await writePackage(fleet.packagePath('other'), { 'x.mxf': MIB, 'y.mxf': MIB, 'z.mxf': MIB });
      await fleet.make('other', '1:1:1');
      const url = `${fleet.originUrl}/dcp/cfec-001/dcps-tmp/other-tmp.torrent`;
      const { desc } = await recv(task => void ((task.bt as { tmpurl: string }).tmpurl = url));
      assert.equal(desc, `taskfile btlist is not equal torrent content, check taskfile or tmp torrent: ${url}`);
    });

    it('something at the address that is no torrent', async () => {
      const { code } = await recv(task => {
        (task.bt as { tmpurl: string }).tmpurl = `${fleet.originUrl}/dcp/cfec-001/dcps/film/d.xml`;
      });
      assert.equal(code, 'TORRENT_INVALID');
    });
  });

  describe('packages at gentask', () => {
    const gentask = (name: string, more?: Record<string, unknown>) => fleet.gentask(name, more);

    it('missing (BG-12)', async () => {
      const { return_content } = await gentask('nonexists');
      assert.equal(return_content.desc, `error, not exist dcp path: ${fleet.packagePath('nonexists')}.`);
    });

    it('with a symbolic link: named, and nothing is made', async () => {
      await writePackage(fleet.packagePath('linked'), SMALL);
      await symlink('/etc/passwd', join(fleet.packagePath('linked'), 'sub'));
      const { return_content } = await gentask('linked');
      assert.equal(return_content.code, 'SOURCE_REFUSED');
      assert.match(String(return_content.desc), /linked\/sub is a link/);
    });

    it('outside the storage', async () => {
      await mkdir(join(fleet.root, 'outside'));
      const { return_content } = await gentask('film', { dcppath: join(fleet.root, 'outside') });
      assert.equal(return_content.code, 'PARAMETER_INVALID');
    });

    it('a ratio that is none (P-010)', async () => {
      assert.equal((await gentask('film', { btobscdn: '0:0:0' })).return_content.code, 'RATIO_INVALID');
    });

    it('that changes while it is hashed: nothing that looks finished is left', async () => {
      await writePackage(fleet.packagePath('moving'), { 'a.mxf': 200 * MIB, 'b.mxf': MIB });
      await gentask('moving');
      await appendFile(join(fleet.packagePath('moving'), 'b.mxf'), 'more');
      const params = { dcppath: fleet.packagePath('moving'), taskfile: fleet.taskPath('moving') };
      const answer = await until('the making failed', async () => {
        const now = await fleet.sender.call('/taskfilesquery', 'taskfilesquery', params);
        return now.return_content.desc !== 'process making seed ' && now;
      });
      assert.equal(answer.return_status, 'false');
      assert.equal(answer.return_content.code, 'SOURCE_CHANGED');
      assert.ok(!(await readdir(join(fleet.packagePath('moving'), '..'))).includes('moving.torrent'));
      await rm(fleet.packagePath('moving'), { recursive: true });
    });
  });

  describe('dead sources', () => {
    it('a dead bucket: the sender says so, tries again, and is ready when it is back (BU-06)', async () => {
      await writePackage(fleet.packagePath('bucketless'), SMALL);
      await fleet.make('bucketless', '1:1:1');
      const task = JSON.parse(await readFile(fleet.taskPath('bucketless'), 'utf8')) as { obs: { url: string } };
      task.obs.url = 'obs://no-such-bucket/dcps/bucketless';
      await writeFile(fleet.taskPath('bucketless'), JSON.stringify(task));
      await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('bucketless') });
      const upload = await until('the error is shown', async () => {
        const now = await fleet.upload('bucketless');
        return now.status === 'error' && now;
      });
      assert.equal(upload.desc, 'bt obs errors');
      assert.match(String(upload.detail), /no-such-bucket/);
      // What was published already is taken back: a task that is not ready, or was cancelled, is offered to nobody (BX-04).
      assert.equal(upload.btstatus, 'noseeding');
      const uploading = await readdir(join(fleet.sender.root, 'sender', 'uploading'));
      assert.ok(uploading.includes('cfec-001-bucketless.bterr'), uploading.join());
    });

    it('a dead tracker: bt says that it has no source; obs and cdn bring their share', async () => {
      await writePackage(fleet.packagePath('trackerless'), SMALL);
      const dead = `http://127.0.0.1:${await freePort()}/announce`;
      const params = { dcppath: fleet.packagePath('trackerless'), taskfile: fleet.taskPath('trackerless') };
      await fleet.sender.ask('/gentask', 'gentask', {
        ...params,
        basesubdir: 'cfec-001',
        btobscdn: '2:1:1',
        policy: 'fulltime',
        tracker: dead,
      });
      await until(
        'made',
        async () => (await fleet.sender.ask('/taskfilesquery', 'taskfilesquery', params)).status === 'finished',
      );
      await fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath('trackerless') });
      await until('ready', async () => (await fleet.upload('trackerless')).status === 'ready');
      await fleet.recv(receiver, 'trackerless');
      const progress = await until('bt says why', async () => {
        const now = await fleet.progress(receiver, 'trackerless');
        return now.code === 'BT_NO_SOURCE' && now;
      });
      assert.equal(progress.downerror, '', 'it is tried again: no downloaderror yet (BP-06)');
      assert.match(String(progress.desc), /no source of trackerless-tmp/);
      await until('the others are done', async () => {
        const { obs, cdn } = (await fleet.progress(receiver, 'trackerless')).methods as Record<
          string,
          { bytes: number; total: number }
        >;
        return obs?.bytes === obs?.total && cdn?.bytes === cdn?.total;
      });
      const cancelled = await receiver.ask('/cancel', 'cancel', { taskfile: 'cfec-001-trackerless.task.json' });
      assert.equal(cancelled.desc, 'succeed!');
      assert.deepEqual(await readdir(join(receiver.root, 'transfer', 'cdn', 'cfec-001')), []);
    });

    it('a dead CDN: the error is shown and kept beside the task; recv anew after a cancel completes (BE-21, BX-06)', async () => {
      const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { cdn: { url: string } };
      task.cdn.url = `${fleet.originUrl}/dcp/cfec-001/dcps/nowhere`;
      assert.equal((await fleet.recv(receiver, 'film', JSON.stringify(task))).return_status, 'true');
      const progress = await until('downloaderror', async () => {
        const now = await fleet.progress(receiver, 'film');
        return now.status === 'downloaderror' && now;
      });
      assert.equal(progress.downerror, 'cdn download error');
      assert.match(String(progress.desc), /nowhere\/.* answered 404/);
      const beside = await readdir(join(receiver.root, 'receiver', 'downloading'));
      assert.ok(beside.includes('cfec-001-film.err') && beside.includes('cfec-001-film.errhistory'), beside.join());
      await receiver.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
      assert.deepEqual(await readdir(join(receiver.root, 'receiver', 'downloading')), []);
      assert.equal((await fleet.recv(receiver, 'film')).return_content.desc, 'succeed!');
      await fleet.downloaded(receiver, 'film');
      await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
    });
  });

  it('wrong bytes from the bucket are refused and fetched again', async () => {
    const faults = [{ match: { operation: 'getObject' }, times: 1, fault: { kind: 'flip', every: 1000 } }];
    await fetch(`http://127.0.0.1:${fleet.obsPort}/-/faults`, {
      method: 'PUT',
      body: JSON.stringify(faults),
      headers: { 'content-type': 'application/json' },
    });
    const other = await fleet.node('receiver-2', 'receiver');
    await fleet.recv(other, 'film');
    const content = await fleet.downloaded(other, 'film');
    assert.ok((content.methods as { obs: { wasted: number } }).obs.wasted > 0);
    assert.match(other.output, /"code":"WRONG_BYTES"/);
    await assertSameTree(join(other.root, 'dcp', 'film'), fleet.packagePath('film'));
  });
});
