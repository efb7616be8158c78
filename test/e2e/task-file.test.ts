import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTorrent } from '../../src/torrent/build.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { naivePieces } from '../torrent/bencoding.ts';
import { TestFleet, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

interface Task {
  readonly bt: Record<string, string>;
  readonly obs: Record<string, string>;
  readonly cdn: Record<string, string>;
  readonly btlist: readonly string[];
  readonly obslist: readonly string[];
  readonly cdnlist: readonly string[];
  readonly filelist: readonly { readonly file: string }[];
  readonly gentime: string;
}

const FILES = Object.keys(SMALL);
const bytesOf = (files: readonly string[]) => files.reduce((sum, file) => sum + (SMALL[file] ?? 0), 0);
/** What a receiver may write into a task (BT-14). */
const ITS_OWN = /^(localsame.*|(bt|obs|cdn)list|(bt|obs|cdn)listsize2|receivetime|finishedtime)$/;
const notItsOwn = (text: string) =>
  JSON.stringify(JSON.parse(text), (key, value: unknown) => (ITS_OWN.test(key) ? undefined : value), 2);

describe('the task file, as it is made and as it arrives (BT rows)', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  let text: string;
  let task: Task;

  before(async () => {
    fleet = await TestFleet.create({ bttime: '22:00-06:00', obstime: '00:00-08:00', cdntime: '08:00-18:00' });
    await fleet.startObs();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '2:1:1');
    await read();
  });
  after(() => fleet.close());

  const read = async () => {
    text = await readFile(fleet.taskPath('film'), 'utf8');
    task = JSON.parse(text) as Task;
  };
  const published = (directory: string, name: string) => join(fleet.sender.root, 'dcp', 'cfec-001', directory, name);
  const torrent = async (directory: string, name: string) =>
    parseTorrent(await readFile(published(directory, name)), name);
  const made = async (more: Record<string, unknown>) => {
    const params = { dcppath: fleet.packagePath('film'), taskfile: fleet.taskPath('film') };
    await fleet.gentask('film', more);
    const query = () => fleet.sender.ask('/taskfilesquery', 'taskfilesquery', params);
    await until('made', async () => (await query()).status === 'finished');
    await read();
  };

  it('has these keys, in this order, with these values (BT-01 … BT-12, BG-02, BG-14, BW-04, C-11, C-27, C-33, C-34, C-39, C-41, C-42)', async () => {
    const [full, tmp] = [await torrent('dcps', 'film.torrent'), await torrent('dcps-tmp', 'film-tmp.torrent')];
    const sha1 = async (file: string) =>
      createHash('sha1')
        .update(await readFile(join(fleet.packagePath('film'), file)))
        .digest('hex');
    const expected = {
      sourcetype: 'sender',
      senderid: 'cfec',
      name: 'film',
      type: 'dir',
      senderlocalpath: join(fleet.sender.root, 'dcp', 'cfec-001', 'dcps'),
      basesubdir: 'cfec-001',
      datasource: 'local',
      size: bytesOf(FILES),
      'bt-obs-cdn': '2:1:1',
      policy: 'fulltime',
      bt: {
        localtorrent: published('dcps', 'film.torrent'),
        url: `${fleet.originUrl}/dcp/cfec-001/dcps/film.torrent`,
        tmpurl: `${fleet.originUrl}/dcp/cfec-001/dcps-tmp/film-tmp.torrent`,
        tracker: fleet.trackerUrl,
        seedtime: '72',
        priortime: '22:00-06:00',
        infohash: full.infoHash,
        tmpinfohash: tmp.infoHash,
      },
      obs: {
        url: 'obs://cfec-001/dcps/film',
        priortime: '00:00-08:00',
        signedlist: `${fleet.originUrl}/dcp/cfec-001/dcps-tmp/cfec-001-film.signed.json`,
      },
      cdn: { url: `${fleet.originUrl}/dcp/cfec-001/dcps/film`, priortime: '08:00-18:00' },
      filelist: await Promise.all(FILES.map(async file => ({ file, hash: await sha1(file), size: SMALL[file] }))),
      localsamefiles: [],
      btlist: ['a.mxf', 'c.mxf'],
      obslist: ['b.mxf'],
      cdnlist: ['d.xml'],
      requesters: [{ vip: '', id: '' }],
      btlistsize: bytesOf(['a.mxf', 'c.mxf']),
      obslistsize: bytesOf(['b.mxf']),
      cdnlistsize: bytesOf(['d.xml']),
      gentime: task.gentime,
      sendtime: '',
      receivetime: '',
      finishedtime: '',
    };
    assert.equal(text, `${JSON.stringify(expected, null, 2)}\n`);
    assert.match(task.gentime, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.ok(Math.abs(Date.parse(task.gentime.replace(' ', 'T')) - Date.now()) < 120_000, task.gentime);
  });

  it('its torrents hold the package and the share of bt, nothing else (BV-004, P-024)', async () => {
    const paths = async (directory: string, name: string) =>
      (await torrent(directory, name)).files.map(({ path }) => path).toSorted();
    assert.deepEqual(await paths('dcps', 'film.torrent'), FILES.toSorted());
    assert.deepEqual(await paths('dcps-tmp', 'film-tmp.torrent'), [...task.btlist].toSorted());
  });

  it('its addresses lead to the bytes (BD-21, BT-12)', async () => {
    const places: Record<string, string> = {
      [task.bt.url ?? '']: published('dcps', 'film.torrent'),
      [task.bt.tmpurl ?? '']: published('dcps-tmp', 'film-tmp.torrent'),
      [`${task.cdn.url}/d.xml`]: join(fleet.packagePath('film'), 'd.xml'),
    };
    for (const [url, path] of Object.entries(places)) {
      assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), await readFile(path), url);
    }
  });

  it('comes through a transfer with all that is not the receiver’s as it was (BT-14)', async () => {
    const receiver = await fleet.node('receiver', 'receiver');
    await fleet.recv(receiver, 'film');
    const { taskfullpath } = await fleet.downloaded(receiver, 'film');
    const arrived = await readFile(String(taskfullpath), 'utf8');
    assert.equal(notItsOwn(arrived), notItsOwn(text));
    const { receivetime, finishedtime } = JSON.parse(arrived) as Record<string, string>;
    for (const time of [receivetime, finishedtime]) assert.match(String(time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it('a torrent of older bytes at the same address is noticed (BE-26)', async () => {
    const receiver = await fleet.node('careful', 'receiver');
    await writePackage(fleet.packagePath('older'), SMALL);
    await fleet.make('older', '2:1:1');
    const tmpurl = `${fleet.originUrl}/dcp/cfec-001/dcps-tmp/older-tmp.torrent`;
    const stale = JSON.stringify({ ...task, bt: { ...task.bt, tmpurl } });
    const { return_content } = await fleet.recv(receiver, 'film', stale);
    assert.equal(return_content.code, 'TORRENT_MISMATCH');
    assert.equal(
      return_content.desc,
      `taskfile btlist is not equal torrent content, check taskfile or tmp torrent: ${tmpurl}`,
    );
  });

  it('made again: split anew; the full torrent stays unless it is to go (BG-04, BG-05, C-25)', async () => {
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
    const identity = async () => (await stat(published('dcps', 'film.torrent'), { bigint: true })).mtimeNs;
    const [before, tmpBefore] = [await identity(), await torrent('dcps-tmp', 'film-tmp.torrent')];
    await made({ btobscdn: '1:2:1' });
    assert.deepEqual([task.btlist, task.obslist, task.cdnlist], [['a.mxf'], ['c.mxf', 'b.mxf'], ['d.xml']]);
    assert.equal(await identity(), before);
    assert.notEqual((await torrent('dcps-tmp', 'film-tmp.torrent')).infoHash, tmpBefore.infoHash);
    await made({ btobscdn: '0:1:1', deloldtorrent: 'true' });
    assert.ok((await identity()) > before);
    assert.deepEqual([task.btlist, task.bt.tmpurl], [[], '']);
  });

  it('carries keys, a seed time and a tracker when it is told to (BT-03, BT-04, BC-13, BC-14, C-09, C-26)', async () => {
    const path = join(fleet.sender.root, 'config.json');
    await writeFile(path, JSON.stringify({ ...fleet.sender.config, obscredentials: 'keys', defaultseedtime: '168' }));
    const reload = await fetch(`http://127.0.0.1:${fleet.sender.apiPort}/reloadconf`);
    assert.equal(await reload.text(), '"reload config.json ok."');
    await made({ btobscdn: '1:1:1', tracker: 'http://127.0.0.1:6969/announce' });
    assert.deepEqual([task.bt.seedtime, task.bt.tracker], ['168', 'http://127.0.0.1:6969/announce']);
    const { url, priortime } = task.obs;
    const keys = { obsak: 'TESTKEY', obssk: 'TESTSECRET', obsendpoint: fleet.sender.config.obsendpoint };
    assert.deepEqual(task.obs, { url, priortime, ...keys });
    await made({ seedtime: '169', ak: 'A', sk: 'S', endpoint: 'obs.example.invalid', obsurl: 'obs://own/x' });
    assert.equal(task.bt.seedtime, '169');
    assert.deepEqual(task.obs, {
      url: 'obs://own/x',
      priortime,
      obsak: 'A',
      obssk: 'S',
      obsendpoint: 'obs.example.invalid',
    });
  });

  it('is split in torrent order when that is configured, whoever made the torrent (BC-20, T-011)', async () => {
    const path = join(fleet.sender.root, 'config.json');
    await writeFile(path, JSON.stringify({ ...fleet.sender.config, ctfilesorder: true }));
    await fetch(`http://127.0.0.1:${fleet.sender.apiPort}/reloadconf`);
    await made({ btobscdn: '2:1:1' });
    assert.deepEqual([task.btlist, task.obslist, task.cdnlist], [['a.mxf', 'b.mxf'], ['c.mxf'], ['d.xml']]);

    const order = ['c.mxf', 'd.xml', 'b.mxf', 'a.mxf'];
    const files = order.map(file => ({ path: file, size: SMALL[file] ?? 0 }));
    const bytes = await Promise.all(order.map(file => readFile(join(fleet.packagePath('film'), file))));
    const pieceLength = 65_536;
    const pieces = naivePieces(Buffer.concat(bytes), pieceLength);
    const foreign = buildTorrent({ name: 'film', pieceLength, pieces, files, tracker: '' });
    await writeFile(published('dcps', 'film.torrent'), foreign);
    await made({ btobscdn: '2:1:1' });
    assert.deepEqual(
      task.filelist.map(({ file }) => file),
      order,
    );
    assert.deepEqual([task.btlist, task.obslist, task.cdnlist], [['a.mxf', 'b.mxf'], ['d.xml'], ['c.mxf']]);
    assert.deepEqual(await readFile(published('dcps', 'film.torrent')), Buffer.from(foreign));
  });
});
