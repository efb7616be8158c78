import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort, TestFleet, type TestNode, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

type Task = Record<'bt' | 'obs' | 'cdn', Record<string, string>> & Record<string, unknown>;
const TASK = (name: string) => `cfec-001-${name}.task.json`;

describe('sent again, received again, cancelled (BS, BR and BX rows)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let receiver: TestNode;

  before(async () => {
    fleet = await TestFleet.create({ avoidrepeat: false, retryminutes: 60 });
    await fleet.startObs();
    await fleet.sender.start();
    receiver = await fleet.node('receiver', 'receiver', { retryminutes: 60 });
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.make('film', '2:1:1');
  });
  after(() => fleet.close());

  const send = (taskfile: string, reactive?: string) => fleet.sender.call('/send', 'send', { taskfile, reactive });
  const cancel = (node: TestNode, name: string) => node.ask('/cancel', 'cancel', { taskfile: TASK(name) });
  const ready = (name: string) =>
    until(`${name} is ready`, async () => (await fleet.upload(name)).status === 'ready' || undefined);
  const read = async (name: string) => JSON.parse(await readFile(fleet.taskPath(name), 'utf8')) as Task;
  const withoutCdn = async (name = 'film') => {
    const task = await read(name);
    task.cdn.url = `${fleet.originUrl}/dcp/gone`;
    return JSON.stringify(task);
  };
  const failed = (node: TestNode, name = 'film') =>
    until('the error is shown', async () => (await fleet.progress(node, name)).status === 'downloaderror');

  describe('send', () => {
    it('takes a task from anywhere, and keeps a copy (BS-01, BS-06, C-13)', async () => {
      const elsewhere = join(fleet.root, TASK('film'));
      const text = await readFile(fleet.taskPath('film'));
      await writeFile(elsewhere, text);
      await rm(fleet.taskPath('film'));
      assert.deepEqual((await send(elsewhere)).return_content, { desc: 'succeeded!' });
      assert.deepEqual(await readFile(fleet.taskPath('film')), text);
      await ready('film');
    });

    it('refuses what is served already, unless it is told to send it again (BS-03, BS-05, BS-20)', async () => {
      const refused = await send(fleet.taskPath('film'), 'false');
      assert.equal(refused.return_status, 'false');
      assert.equal(
        refused.return_content.desc,
        `exisited same name ct torrent bt process, send task failed: film-tmp.torrent in ${TASK('film')} `,
      );
      const again = await send(fleet.taskPath('film'), 'true');
      assert.equal(again.return_content.desc, 'restarted same name bt process, succeed!');
      await ready('film');
    });

    it('sends anew what is served no more (BS-04)', async () => {
      await writePackage(fleet.packagePath('brief'), SMALL);
      await fleet.make('brief', '1:0:1');
      const task = await read('brief');
      task.bt.seedtime = '0';
      await writeFile(fleet.taskPath('brief'), JSON.stringify(task));
      for (const round of [1, 2]) {
        assert.equal((await send(fleet.taskPath('brief'), 'false')).return_content.desc, 'succeeded!');
        await until('its time is over', async () => {
          const over = fleet.sender.output.match(/"task":"cfec-001-brief[^}]*"to":"history"/g) ?? [];
          return over.length === round;
        });
      }
    });

    const sendWithCdnAt = async (port: number) => {
      await fleet.make('film2', '0:1:1');
      const task = await read('film2');
      task.cdn.url = `http://127.0.0.1:${port}/dcp/x`;
      await writeFile(fleet.taskPath('film2'), JSON.stringify(task));
      await send(fleet.taskPath('film2'));
    };
    const uploading = () => join(fleet.sender.root, 'sender', 'uploading', TASK('film2'));

    it('tells a method that is done from a task that is uploaded (BU-11, C-49)', async () => {
      // It asks for patience: the upload waits for it, and is neither done nor failed.
      const busy = createServer((_, answer) => answer.writeHead(503, { 'retry-after': '60' }).end());
      await once(busy.listen(0, '127.0.0.1'), 'listening');
      await writePackage(fleet.packagePath('film2'), SMALL);
      await sendWithCdnAt((busy.address() as { port: number }).port);
      const upload = await until('the bucket has its share', async () => {
        const now = await fleet.upload('film2');
        return now.obsstatus === 'completed' && now;
      });
      assert.deepEqual([upload.status, upload.taskfile], ['uploading', uploading()]);
      await cancel(fleet.sender, 'film2');
      busy.close();
    });

    it('fails when the CDN cannot be reached, after a few tries (BU-12, C-36, decision 24)', async () => {
      await sendWithCdnAt(await freePort());
      const upload = await until('the error is shown', async () => {
        const now = await fleet.upload('film2');
        return now.status === 'error' && now;
      });
      assert.deepEqual([upload.taskfile, upload.cdnstatus], [uploading(), 'unavailable']);
      await cancel(fleet.sender, 'film2');
    });
  });

  describe('recv', () => {
    it('takes a task from anywhere, keeps a copy, and refuses it while it runs, reactive or not (BR-01, BR-07, BR-09, BR-25, C-21)', async () => {
      const text = await withoutCdn();
      assert.deepEqual((await fleet.recv(receiver, 'film', text)).return_content, { desc: 'succeed!' });
      const copy = await readFile(join(receiver.root, 'receiver', 'tmp', TASK('film')), 'utf8');
      assert.deepEqual(JSON.parse(copy), JSON.parse(text));
      await failed(receiver);
      const taskfile = join(receiver.root, TASK('film'));
      for (const reactive of ['true', 'false']) {
        const { return_content } = await receiver.call('/recv', 'recv', { taskfile, reactive });
        const place = join(receiver.root, 'receiver', 'downloading', TASK('film'));
        assert.equal(return_content.desc, `same taskfile in downloading:${place}`);
      }
    });

    it('looks at sizes, sums, states and torrents in this order (BR-40)', async () => {
      const task = await read('film');
      const path = join(receiver.root, TASK('film'));
      const tmpurl = `${fleet.originUrl}/dcp/gone.torrent`;
      const gone = { ...task, bt: { ...task.bt, tmpurl } };
      const desc = async (wrong: Task) =>
        (await fleet.recv(receiver, 'film', JSON.stringify(wrong))).return_content.desc;
      assert.equal(await desc({ ...gone, size: 0, btlistsize: 1 }), `total files size equal 0 :${path}`);
      assert.equal(await desc({ ...gone, btlistsize: 1 }), `totalsize != all lists sum : ${path}`);
      assert.match(String(await desc(gone)), /^same taskfile in downloading:/);
      await cancel(receiver, 'film');
      assert.equal(await desc(gone), `could not download tmptorrent from ${tmpurl}`);
    });

    it('of a task without a share of bt has nothing to do at a cacher (BR-30)', async () => {
      const cacher = await fleet.node('cacher', 'cacher');
      await writePackage(fleet.packagePath('nobt'), SMALL);
      await fleet.make('nobt', '0:1:1');
      const { return_status, return_content } = await fleet.recv(cacher, 'nobt');
      assert.deepEqual([return_status, return_content.desc], ['false', 'total files size equal 0']);
    });
  });

  describe('cancel', () => {
    it('stops every method and leaves nothing of a download (BX-01, BX-03, BX-08, C-48, decision 14)', async () => {
      await fleet.recv(receiver, 'film', await withoutCdn());
      await failed(receiver);
      for (const taskfile of [join('/data', TASK('film')), `../downloading/${TASK('film')}`]) {
        assert.equal((await receiver.call('/cancel', 'cancel', { taskfile })).return_content.code, 'NAME_UNSAFE');
      }
      assert.equal((await cancel(receiver, 'film')).desc, 'succeed!');
      for (const state of ['queues', 'downloading', 'downloaded']) {
        assert.deepEqual(await readdir(join(receiver.root, 'receiver', state)), [], state);
      }
      for (const method of ['bt', 'obs', 'cdn', 'ledger']) {
        const left = await readdir(join(receiver.root, 'transfer', method, 'cfec-001')).catch(() => []);
        assert.deepEqual(left, [], method);
      }
      const torrents = await fetch(`http://127.0.0.1:${receiver.apiPort}/api/v1/torrents`);
      assert.deepEqual(((await torrents.json()) as { torrents: unknown[] }).torrents, []);
    });

    it('of a task that a sender sends and receives ends the download first (BX-02)', async () => {
      await fleet.publish('nobt', '0:1:1');
      const own = await fleet.recv(fleet.sender, 'nobt');
      assert.equal(own.return_content.desc, 'this node is sending the package nobt of cfec-001 itself');
      const other = (await withoutCdn('nobt')).replace('"basesubdir":"cfec-001"', '"basesubdir":"cfec-002"');
      await fleet.recv(fleet.sender, 'nobt', other);
      await failed(fleet.sender, 'nobt');
      await cancel(fleet.sender, 'nobt');
      const gone = await fleet.sender.call('/progress', 'progress', { taskfile: TASK('nobt') });
      assert.equal(gone.return_content.desc, 'unknown task, not found task.');
      assert.equal((await fleet.upload('nobt')).taskfile, join(fleet.sender.root, 'sender', 'uploaded', TASK('nobt')));
      await cancel(fleet.sender, 'nobt');
      const unsent = await fleet.sender.call('/uploadprogress', 'uploadprogress', { taskfile: TASK('nobt') });
      assert.equal(unsent.return_content.status, 'unknown');
    });
  });
});
