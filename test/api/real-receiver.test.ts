import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { SMALL, writePackage } from '../e2e/packages.ts';
import { content, done, inPlaceOf, refusal, task } from './real-texts.ts';

describe('api of a real receiver and cacher: the texts of the protocol, to the byte', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { downloadingnum: 1, avoidrepeat: false });
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1');
  });
  after(() => fleet.close());

  describe('recv and progress', () => {
    interface Sent extends Record<string, unknown> {
      name: string;
      bt: Record<string, unknown>;
      cdn: Record<string, unknown>;
      filelist: { file: string }[];
      size: number;
    }
    const recv = async (name: string, change: (sent: Sent) => object = () => ({})) => {
      const sent = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Sent;
      const path = join(receiver.root, task(name));
      await writeFile(path, JSON.stringify({ ...sent, ...change(sent) }));
      return await content(receiver, '/recv', 'recv', { taskfile: path });
    };
    const progress = (name: string) => content(receiver, '/progress', 'progress', { taskfile: task(name) });

    it('BR-27 what cannot be moved', async () => {
      const tmp = join(receiver.root, 'receiver', 'tmp');
      await inPlaceOf(
        tmp,
        path => writeFile(path, ''),
        async () => assert.equal(await recv('film'), refusal(`move json file to ${tmp} erro`, 'DISK_WRITE')),
      );
    });

    it('BR-31 no full torrent for a task of bt alone', async () => {
      const url = `${fleet.originUrl}/dcp/none.torrent`;
      const answer = await recv('btonly', sent => ({
        'bt-obs-cdn': '1:0:0',
        bt: { ...sent.bt, url },
        btlist: sent.filelist.map(({ file }) => file),
        obslist: [],
        cdnlist: [],
        btlistsize: sent.size,
        obslistsize: 0,
        cdnlistsize: 0,
      }));
      assert.equal((JSON.parse(answer) as { desc: string }).desc, `could not download torrent from ${url}`);
    });

    it('BR-09, BR-25, BP-06 a source that refuses: downloaderror in the words of the original', async () => {
      const answer = await recv('film', ({ cdn }) => ({ cdn: { ...cdn, url: `${fleet.originUrl}/dcp/none` } }));
      assert.equal(answer, done('succeed!'));
      const failed = await until('downloaderror', async () => {
        const now = await fleet.progress(receiver, 'film');
        return now.status === 'downloaderror' && now;
      });
      assert.equal(failed.downerror, 'cdn download error');
      const path = join(receiver.root, 'receiver', 'downloading', task('film'));
      assert.equal(await recv('film'), refusal(`same taskfile in downloading:${path}`, 'TASK_EXISTS'));
    });

    it('BR-24, BR-44, BP-24 the next one waits in queues, without progress', async () => {
      const other = () => ({ name: 'film2' });
      assert.equal(await recv('film2', other), done('succeed!'));
      const path = join(receiver.root, 'receiver', 'queues', task('film2'));
      assert.equal(await recv('film2', other), refusal(`same taskfile in queues:${path}`, 'TASK_EXISTS'));
      const desc = 'task in queues, no progress now.';
      assert.equal(
        await progress('film2'),
        JSON.stringify({ status: 'queues', desc, taskfile: path, code: 'TASK_WAITS' }),
      );
    });

    it('BX-05, BX-06 what waits is cancelled', async () => {
      const answer = await content(receiver, '/cancel', 'cancel', { taskfile: task('film2') });
      assert.equal(answer, done('succeed!'));
    });

    it('BP-02, BP-04, BP-10, BP-11 all is here: verified bytes, no rate, no minutes to go', async () => {
      await receiver.ask('/cancel', 'cancel', { taskfile: task('film') });
      assert.equal(await recv('film'), done('succeed!'));
      const { methods } = await fleet.downloaded(receiver, 'film');
      const shares = methods as Record<'bt' | 'obs' | 'cdn', { bytes: number; total: number }>;
      const sent = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as Record<string, number> & Sent;
      const share = (method: 'bt' | 'obs' | 'cdn') => {
        assert.deepEqual(
          [shares[method].bytes, shares[method].total],
          [sent[`${method}listsize`], sent[`${method}listsize`]],
        );
        return `${((shares[method].bytes / sent.size) * 100).toFixed(3)}%`;
      };
      const path = join(receiver.root, 'receiver', 'downloaded', task('film'));
      const wanted = {
        status: 'downloaded',
        taskfullpath: path,
        dcppath: join(receiver.root, 'dcp', 'film'),
        btstatus: 'noseeding',
        downerror: '',
        downloaded: sent.size,
        rate: '',
        totoalpercent: '100.000%',
        btrate: '',
        btpercent: share('bt'),
        obsrate: '',
        obspercent: share('obs'),
        cdnrate: '',
        cdnpercent: share('cdn'),
        ecompletedtime: 0,
        bt2downpercent: share('bt'),
        obs2downpercent: share('obs'),
        cdn2downpercent: share('cdn'),
        localsamepercent: '0.000%',
        taskfile: path,
        totalpercent: '100.000%',
        totalbytes: String(sent.size),
        desc: '',
        code: '',
        methods,
        deadline: '',
        forecast: '',
        atrisk: false,
        waits: '',
      };
      assert.equal(await progress('film'), JSON.stringify(wanted));
    });

    it('BR-08, C-20 it is received again: the refusal of BR-26 is never given', async () => {
      assert.equal(await recv('film'), done('same name task downloaded, to download again.'));
      await fleet.downloaded(receiver, 'film');
    });

    it('BP-21 an unknown task', async () => {
      assert.equal(await progress('none'), refusal('unknown task, not found task.', 'TASK_UNKNOWN'));
    });
  });

  describe('a cacher', () => {
    it('BP-23, BP-21 knows cprogress only', async () => {
      const cacher = await fleet.node('cacher', 'cacher');
      const desc = 'do not support cacher type progress, change method_name to cprogress';
      const params = { taskfile: task('film') };
      assert.equal(await content(cacher, '/progress', 'progress', params), refusal(desc, 'ROLE_LACKS'));
      const unknown = refusal('unknown task, not found task.', 'TASK_UNKNOWN');
      assert.equal(await content(cacher, '/progress', 'cprogress', params), unknown);
    });
  });
});
