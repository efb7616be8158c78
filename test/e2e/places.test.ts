import assert from 'node:assert/strict';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode, until } from './nodes.ts';
import { assertSameTree, SMALL, writePackage } from './packages.ts';
import { mostAtOnce } from './state-changes.ts';

type Task = Record<'bt' | 'obs' | 'cdn', Record<string, string>>;
const TASK = (name: string) => `cfec-001-${name}.task.json`;

describe('everything lies at its place, and the place is the state (BD rows)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ uploadingnum: 1, retryminutes: 60 });
    await fleet.startObs();
    await fleet.sender.start();
    const logfile = join(fleet.root, 'log', 'bft2', 'bftv2.log');
    receiver = await fleet.node('receiver', 'receiver', { downloadingnum: 1, retryminutes: 60, logfile });
    for (const name of ['film', 'stuck', 'brief', 'second']) await writePackage(fleet.packagePath(name), SMALL);
  });
  after(() => fleet.close());

  const list = async (node: TestNode, ...path: string[]) => (await readdir(join(node.root, ...path))).toSorted();
  const changed = async (name: string, change: (task: Task) => void): Promise<string> => {
    const task = JSON.parse(await readFile(fleet.taskPath(name), 'utf8')) as Task;
    change(task);
    return JSON.stringify(task);
  };
  const send = (name: string) => fleet.sender.ask('/send', 'send', { taskfile: fleet.taskPath(name) });
  const cancel = (node: TestNode, name: string) => node.ask('/cancel', 'cancel', { taskfile: TASK(name) });

  it('a task that is made, with its torrents (BD-01, BD-14, BD-15, BD-31, BN-003, BN-013)', async () => {
    await fleet.make('film', '2:1:1');
    assert.deepEqual(await list(fleet.sender, 'sender', 'tmp'), [TASK('film')]);
    assert.deepEqual(await list(fleet.sender, 'dcp', 'cfec-001'), ['dcps', 'dcps-tmp']);
    assert.ok((await list(fleet.sender, 'dcp', 'cfec-001', 'dcps')).includes('film.torrent'));
    assert.deepEqual(await list(fleet.sender, 'dcp', 'cfec-001', 'dcps-tmp'), ['film-tmp.torrent']);
    const relative = await fleet.gentask('film', { dcppath: 'cfec-001/dcps/film' });
    assert.equal(relative.return_status, 'false');
  });

  it('sending: one at a time waits in queues, fails in uploading, is served in uploaded, ends in history (BD-02 … BD-05, BS-31, BE-23, BN-015, C-29)', async () => {
    for (const name of ['stuck', 'second']) await fleet.make(name, '1:1:1');
    await writeFile(fleet.taskPath('stuck'), await changed('stuck', task => void (task.obs.url = 'obs://gone/x')));
    await fleet.make('brief', '1:0:1');
    await writeFile(fleet.taskPath('brief'), await changed('brief', task => void (task.bt.seedtime = '0')));
    for (const name of ['stuck', 'film', 'brief', 'second']) await send(name);
    await until('the first has failed', async () => (await fleet.upload('stuck')).status === 'error');
    assert.deepEqual(await list(fleet.sender, 'sender', 'uploading'), [
      'cfec-001-stuck.bterr',
      'cfec-001-stuck.errhistory',
      TASK('stuck'),
    ]);
    assert.deepEqual(await list(fleet.sender, 'sender', 'queues'), ['brief', 'film', 'second'].map(TASK));
    assert.equal((await fleet.upload('film')).status, 'queues');

    await cancel(fleet.sender, 'stuck');
    for (const name of ['film', 'second']) {
      const upload = await until(`${name} is ready`, async () => {
        const now = await fleet.upload(name);
        return now.status === 'ready' && now;
      });
      assert.equal(upload.taskfile, join(fleet.sender.root, 'sender', 'uploaded', TASK(name)));
    }
    const { taskfile, btstatus } = await until('a seed time of nothing is over', async () => {
      const now = await fleet.upload('brief');
      return now.status === 'finished' && now;
    });
    assert.equal(taskfile, join(fleet.sender.root, 'sender', 'history', TASK('brief')));
    assert.equal(btstatus, 'noseeding');
    assert.equal(mostAtOnce(fleet.sender.output, 'uploading'), 1);
  });

  /** Receives the film without a source for one method. */
  const recvWithout = async (dead: 'obs' | 'cdn') => {
    const text = await changed('film', task => {
      if (dead === 'obs') delete task.obs.signedlist;
      else task.cdn.url = `${fleet.originUrl}/dcp/gone`;
    });
    const { return_status } = await fleet.recv(receiver, 'film', text);
    assert.equal(return_status, 'true');
    return await until('the error is shown', async () => {
      const now = await fleet.progress(receiver, 'film');
      return now.status === 'downloaderror' && now;
    });
  };

  for (const [dead, came] of [
    ['obs', ['bt/cfec-001/film-tmp/a.mxf', 'cdn/cfec-001/film/d.xml']],
    ['cdn', ['bt/cfec-001/film-tmp/c.mxf', 'obs/cfec-001/film/b.mxf']],
  ] as const) {
    it(`receiving without ${dead}: what came is working data, the error lies beside the task (BD-06, BD-08, BD-11 … BD-13, BE-21)`, async () => {
      const { taskfullpath } = await recvWithout(dead);
      assert.equal(taskfullpath, join(receiver.root, 'receiver', 'downloading', TASK('film')));
      assert.deepEqual(await list(receiver, 'receiver', 'downloading'), [
        'cfec-001-film.err',
        'cfec-001-film.errhistory',
        TASK('film'),
      ]);
      assert.deepEqual(await list(receiver, 'receiver', 'tmp'), [TASK('film')]);
      for (const path of came) await access(join(receiver.root, 'transfer', path));
      assert.deepEqual(await list(receiver, 'dcp'), []);
      await cancel(receiver, 'film');
    });
  }

  it('the next one waits in queues, and goes from downloading to downloaded, with its mark (BD-07, BD-09, BD-16, BD-32, BR-44, C-23)', async () => {
    await recvWithout('cdn');
    await fleet.recv(receiver, 'second');
    const waiting = await receiver.call('/progress', 'progress', { taskfile: TASK('second') });
    assert.deepEqual(
      [waiting.return_content.status, waiting.return_content.desc],
      ['queues', 'task in queues, no progress now.'],
    );
    assert.deepEqual(await list(receiver, 'receiver', 'queues'), [TASK('second')]);
    await cancel(receiver, 'film');
    const content = await fleet.downloaded(receiver, 'second');
    assert.equal(content.taskfullpath, join(receiver.root, 'receiver', 'downloaded', TASK('second')));
    assert.deepEqual(await list(receiver, 'dcp'), ['second', 'second.finished']);
    assert.equal(mostAtOnce(await log(), 'downloading'), 1);
  });

  const log = () => readFile(join(fleet.root, 'log', 'bft2', 'bftv2.log'), 'utf8');

  it('the log is a file where the configuration says (BD-18)', async () => {
    await until('the log says it', async () => /"from":"downloading","to":"downloaded"/.test(await log()));
    assert.equal(receiver.output, '');
  });

  it('a finished task becomes history when its time is over (BD-10, BD-33)', async () => {
    const node = await fleet.node('brief', 'receiver', { receiverstoreplan: 'B', historyafter: 0 });
    await fleet.recv(node, 'second');
    const content = await until('history', async () => {
      const { return_content } = await node.call('/progress', 'progress', { taskfile: TASK('second') });
      return return_content.status === 'history' && return_content;
    });
    assert.equal(content.taskfullpath, join(node.root, 'receiver', 'history', TASK('second')));
    assert.equal(content.dcppath, join(node.root, 'dcp', 'cfec-001', 'dcps', 'second'));
  });

  it('packages of one name in two sub-directories come at the same time (BN-012)', async () => {
    const root = join(fleet.sender.root, 'dcp', 'cfec-002', 'dcps', 'film');
    const taskfile = join(fleet.sender.root, 'sender', 'tmp', 'cfec-002-film.task.json');
    const more = { dcppath: root, taskfile, basesubdir: 'cfec-002', btobscdn: '1:0:1' };
    await writePackage(root, SMALL);
    await fleet.gentask('film', more);
    const query = () => fleet.sender.ask('/taskfilesquery', 'taskfilesquery', more);
    await until('made', async () => (await query()).status === 'finished');
    await fleet.sender.ask('/send', 'send', { taskfile });
    const upload = () => fleet.sender.ask('/uploadprogress', 'uploadprogress', { taskfile: 'cfec-002-film.task.json' });
    await until('ready', async () => (await upload()).status === 'ready');

    const node = await fleet.node('both', 'receiver', { receiverstoreplan: 'B' });
    const copy = join(node.root, 'cfec-002-film.task.json');
    await writeFile(copy, await readFile(taskfile));
    await Promise.all([fleet.recv(node, 'film'), node.ask('/recv', 'recv', { taskfile: copy })]);
    for (const subdir of ['cfec-001', 'cfec-002']) {
      const asked = { taskfile: `${subdir}-film.task.json` };
      await until(`${subdir} came`, async () => {
        return (await node.call('/progress', 'progress', asked)).return_content.status === 'downloaded';
      });
      const place = ['dcp', subdir, 'dcps', 'film'];
      await assertSameTree(join(node.root, ...place), join(fleet.sender.root, ...place));
    }
  });

  it('a cacher keeps its share in the transfer directory only, and deletes it when its time is over (BN-005, BR-06, C-30)', async () => {
    const cacher = await fleet.node('cacher', 'cacher');
    await fleet.recv(cacher, 'film');
    const served = join(cacher.root, 'transfer', 'bt', 'cfec-001', 'film-tmp');
    const isServed = () =>
      until('it is served', async () => {
        const content = await cacher.ask('/progress', 'cprogress', { taskfile: TASK('film') });
        return content.status === 'seeding' && content.desc === `btseeding dir:${served}`;
      });
    await isServed();
    assert.deepEqual(await list(cacher, 'receiver', 'downloading'), [TASK('film')]);
    const taskfile = join(cacher.root, TASK('film'));
    const again = await cacher.ask('/recv', 'recv', { taskfile, reactive: 'true' });
    assert.equal(again.desc, `reactive cacher bt seeding with taskfile:${TASK('film')}`);
    await isServed();
    await cancel(cacher, 'film');

    await fleet.recv(cacher, 'film', await changed('film', task => void (task.bt.seedtime = '0')));
    await until('its time is over', async () => (await list(cacher, 'receiver', 'downloaded')).length > 0);
    await until('its data is gone', async () => (await list(cacher, 'transfer', 'bt', 'cfec-001')).length === 0);
    assert.deepEqual(await list(cacher, 'dcp'), []);
  });
});
