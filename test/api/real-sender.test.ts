import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { SMALL, writePackage } from '../e2e/packages.ts';
import { content, done, inPlaceOf, refusal, task } from './real-texts.ts';

describe('api of a real sender: the texts of the protocol, to the byte', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let sender: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ uploadingnum: 1 });
    await fleet.startObs();
    ({ sender } = fleet);
    await sender.start();
    for (const name of ['film', 'stuck', 'next']) {
      await writePackage(fleet.packagePath(name), SMALL);
      await fleet.make(name, '1:1:1');
    }
  });
  after(() => fleet.close());

  const send = (name: string, more: object = {}) =>
    content(sender, '/send', 'send', { taskfile: fleet.taskPath(name), ...more });
  const upload = (name: string) => content(sender, '/uploadprogress', 'uploadprogress', { taskfile: task(name) });
  const ready = async (name: string) =>
    await until(`${name} is ready`, async () => (await fleet.upload(name)).status === 'ready');

  describe('taskfilesquery', () => {
    const query = (dcppath: string, taskfile: string) =>
      content(sender, '/taskfilesquery', 'taskfilesquery', { dcppath, taskfile });
    const film = () => query(fleet.packagePath('film'), fleet.taskPath('film'));
    const incomplete = JSON.stringify({
      status: 'unfinished',
      desc: ' please wait until dcppath.torrent and taskfile all are finished.',
    });

    it('BQ-03 everything is made', async () => {
      assert.equal(await film(), JSON.stringify({ status: 'finished', desc: 'succeed!' }));
    });

    it('BQ-05 nothing is made, and nothing is there', async () => {
      await writePackage(fleet.packagePath('raw'), SMALL);
      const desc = 'no make seed process and not found task.json.';
      const answer = await query(fleet.packagePath('raw'), fleet.taskPath('raw'));
      assert.equal(answer, JSON.stringify({ status: 'unfinished', desc }));
    });

    it('BQ-06 the task file without its torrent', async () => {
      const torrent = `${fleet.packagePath('film')}.torrent`;
      await rename(torrent, `${torrent}.away`);
      assert.equal(await film(), incomplete);
      await rename(`${torrent}.away`, torrent);
    });

    it('BQ-06 the torrent without the task file', async () => {
      assert.equal(await query(fleet.packagePath('film'), fleet.taskPath('other')), incomplete);
    });

    it('BQ-07 no such package', async () => {
      const path = fleet.packagePath('nowhere');
      const answer = await query(path, fleet.taskPath('film'));
      assert.equal(answer, JSON.stringify({ status: 'error', desc: `not exist ${path} `, code: 'SOURCE_MISSING' }));
    });

    for (const [what, put] of [
      ['is torn', (path: string) => writeFile(path, '{"sourcetype":')],
      ['is a directory', (path: string) => mkdir(path)],
    ] as const) {
      it(`BQ-08 the task file ${what}`, async () => {
        const path = fleet.taskPath('film');
        const desc = `open json file error: ${path} `;
        await inPlaceOf(path, put, async () =>
          assert.equal(await film(), JSON.stringify({ status: 'error', desc, code: 'TASK_FILE_INVALID' })),
        );
      });
    }
  });

  describe('gentask', () => {
    it('BG-14, BH-01 computes what no hash table has', async () => {
      const { filelist } = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as {
        filelist: { file: string; hash: string }[];
      };
      assert.equal(filelist.length, Object.keys(SMALL).length);
      for (const { file, hash } of filelist) {
        const bytes = await readFile(join(fleet.packagePath('film'), file));
        assert.equal(hash, createHash('sha1').update(bytes).digest('hex'), file);
      }
    });

    const gentask = (more: object) =>
      content(sender, '/gentask', 'gentask', {
        dcppath: fleet.packagePath('made'),
        taskfile: fleet.taskPath('made'),
        basesubdir: 'cfec-001',
        btobscdn: '1:1:1',
        policy: 'fulltime',
        ...more,
      });

    it('BG-03, BQ-04 says what to wait for; meanwhile it is made', async () => {
      await writePackage(fleet.packagePath('made'), { 'a.mxf': 1 });
      await truncate(join(fleet.packagePath('made'), 'a.mxf'), 256 * 1024 * 1024);
      const torrent = `${fleet.packagePath('made')}.torrent`;
      const tmp = join(fleet.packagePath('made'), '../../dcps-tmp/made-tmp.torrent');
      const desc = `please wait until ${torrent}, ${tmp} and ${fleet.taskPath('made')} all are finished.`;
      assert.equal(await gentask({}), done(desc));
      const params = { dcppath: fleet.packagePath('made'), taskfile: fleet.taskPath('made') };
      // Seconds left are said once something moves.
      const { desc: now, left: _left, ...counted } = await sender.ask('/taskfilesquery', 'taskfilesquery', params);
      assert.deepEqual([now, Object.keys(counted)], ['process making seed ', ['status', 'bytes', 'total', 'rate']]);
      assert.equal(await gentask({}), refusal(`same torrent process is generating:${torrent} `, 'TORRENT_BUSY'));
    });

    it('BG-11 without a task file', async () => {
      assert.equal(
        await gentask({ taskfile: '' }),
        refusal('error, please provide taskfile path.', 'PARAMETER_MISSING'),
      );
    });

    it('BG-12 without a package', async () => {
      const dcppath = fleet.packagePath('nonexists');
      assert.equal(await gentask({ dcppath }), refusal(`error, not exist dcp path: ${dcppath}.`, 'SOURCE_MISSING'));
    });
  });

  describe('send', () => {
    it('BS-11, BS-12 what cannot be opened or read', async () => {
      const missing = join(fleet.root, task('none'));
      const desc = `open json file error:open ${missing}: no such file or directory`;
      assert.equal(await content(sender, '/send', 'send', { taskfile: missing }), refusal(desc, 'TASK_FILE_MISSING'));
      const torn = join(fleet.root, task('torn'));
      await writeFile(torn, '{');
      const invalid = refusal(`invalid json format:${torn}`, 'TASK_FILE_INVALID');
      assert.equal(await content(sender, '/send', 'send', { taskfile: torn }), invalid);
    });

    it('BS-13 what cannot be copied', async () => {
      const elsewhere = join(fleet.root, task('film'));
      await writeFile(elsewhere, await readFile(fleet.taskPath('film')));
      await inPlaceOf(
        join(sender.root, 'sender', 'tmp'),
        path => writeFile(path, ''),
        async () => {
          const answer = await content(sender, '/send', 'send', { taskfile: elsewhere });
          assert.equal(answer, refusal(`copy taskfile: ${elsewhere} error.`, 'DISK_WRITE'));
        },
      );
    });

    it('BS-16 a torrent that is gone', async () => {
      const torrent = `${fleet.packagePath('film')}.torrent`;
      await rename(torrent, `${torrent}.away`);
      const desc = `not found torrent:${torrent} pls re generate task and torrent. `;
      assert.equal(await send('film'), refusal(desc, 'TORRENT_MISSING'));
      await rename(`${torrent}.away`, torrent);
    });

    it('BS-06, BS-20, BS-05 sent, refused while served, restarted', async () => {
      assert.equal(await send('film'), done('succeeded!'));
      await ready('film');
      const served = `exisited same name ct torrent bt process, send task failed: film-tmp.torrent in ${task('film')} `;
      assert.equal(await send('film', { reactive: 'false' }), refusal(served, 'TASK_EXISTS'));
      assert.equal(await send('film', { reactive: 'true' }), done('restarted same name bt process, succeed!'));
      await ready('film');
    });

    it('BS-17 a restart that fails', async () => {
      const obstacle = join(sender.root, 'sender', 'queues', task('film'));
      await mkdir(join(obstacle, 'x'), { recursive: true });
      const desc = `restart bt serving failed: film-tmp.torrent in ${task('film')} `;
      assert.equal(await send('film'), refusal(desc, 'DISK_WRITE'));
      await rm(obstacle, { recursive: true });
      // It goes on being served as before.
      await ready('film');
      assert.equal(await send('film'), done('restarted same name bt process, succeed!'));
      await ready('film');
    });
  });

  describe('a sender that cannot upload', () => {
    before(async () => {
      const text = await readFile(fleet.taskPath('stuck'), 'utf8');
      await writeFile(fleet.taskPath('stuck'), text.replaceAll('obs://cfec-001/', 'obs://no-such-bucket/'));
      await send('stuck');
      await until('stuck has failed', async () => (await fleet.upload('stuck')).status === 'error');
      await send('next');
    });

    it('BU-02, BU-06 uploadprogress of what failed', async () => {
      const { detail, code } = await fleet.upload('stuck');
      const words = { taskfile: join(sender.root, 'sender', 'uploading', task('stuck')), status: 'error' };
      const states = {
        desc: 'bt obs errors',
        btstatus: 'noseeding',
        obsstatus: 'uncompleted 0%',
        cdnstatus: 'available',
      };
      assert.match(String(detail), /no-such-bucket/);
      assert.equal(await upload('stuck'), JSON.stringify({ ...words, ...states, detail, code }));
    });

    it('BS-15 refuses it while it tries again', async () => {
      const path = join(sender.root, 'sender', 'uploading', task('stuck'));
      assert.equal(await send('stuck'), refusal(`same taskfile in uploading:${path}`, 'TASK_EXISTS'));
    });

    it('BS-14, BS-31 the next one waits in queues', async () => {
      const path = join(sender.root, 'sender', 'queues', task('next'));
      assert.equal(await send('next'), refusal(`same taskfile in queues:${path}`, 'TASK_EXISTS'));
    });

    it('BU-07, C-23 nothing is asked for what waits', async () => {
      const words = { taskfile: join(sender.root, 'sender', 'queues', task('next')), status: 'queues', desc: '' };
      const states = { btstatus: 'noseeding', obsstatus: 'uncompleted 0%', cdnstatus: 'unavailable' };
      assert.equal(await upload('next'), JSON.stringify({ ...words, ...states, detail: '', code: '' }));
    });

    it('BX-06, BX-04, BX-07 both are cancelled, once', async () => {
      for (const name of ['next', 'stuck']) {
        const cancel = () => content(sender, '/cancel', 'cancel', { taskfile: task(name) });
        assert.equal(await cancel(), done('succeed!'));
        assert.equal(await cancel(), done(`no need to cancel, not found task: ${task(name)}`));
      }
    });

    it('BU-10 they are unknown then', async () => {
      const words = { taskfile: '', status: 'unknown', desc: '' };
      const states = { btstatus: 'unknown', obsstatus: 'unknown', cdnstatus: 'unknown' };
      const ours = { detail: 'unknown task, not found task.', code: 'TASK_UNKNOWN' };
      assert.equal(await upload('stuck'), JSON.stringify({ ...words, ...states, ...ours }));
    });
  });
});
