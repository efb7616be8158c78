import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../src/disk/exists.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import { TestFleet, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

describe('making tasks at a real sender', () => {
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
  });
  after(() => fleet.close());

  const sends = (name: string) =>
    fleet.sender.call('/sends', 'sends', {
      dcppath: fleet.packagePath(name),
      taskfile: fleet.taskPath(name),
    });
  const ready = (name: string) =>
    until(`${name} is ready`, async () => {
      const params = { taskfile: `cfec-001-${name}.task.json` };
      return (await fleet.sender.call('/uploadprogress', 'uploadprogress', params)).return_content.status === 'ready';
    });
  const made = (name: string) =>
    until(`${name} is made`, async () => {
      const params = { dcppath: fleet.packagePath(name), taskfile: fleet.taskPath(name) };
      return (await fleet.sender.ask('/taskfilesquery', 'taskfilesquery', params)).status === 'finished';
    });
  const unfinished = () => readdir(join(fleet.sender.root, 'state', 'makings'));

  it('says at once that it succeeded where the torrents are prepared (BG-03)', async () => {
    await writePackage(fleet.packagePath('film'), SMALL);
    assert.match(String((await fleet.gentask('film')).return_content.desc), /^please wait until /);
    await made('film');
    const again = await fleet.gentask('film');
    assert.deepEqual([again.return_status, again.return_content.desc], ['true', 'succeeded!']);
    const anew = await fleet.gentask('film', { deloldtorrent: 'true' });
    assert.match(String(anew.return_content.desc), /^please wait until /);
    await made('film');
  });

  it('makes and sends in one, with the ratio and the policy of the configuration (BZ-01, BZ-02, BC-11, BC-12)', async () => {
    assert.equal((await sends('film')).return_content.desc, 'succeeded!');
    await ready('film');
    await writePackage(fleet.packagePath('next'), SMALL);
    assert.equal(
      (await sends('next')).return_content.desc,
      `succeed, but the torrent is generating, please wait until ${fleet.packagePath('next')}.torrent is finished.`,
    );
    await ready('next');
    assert.deepEqual(await unfinished(), []);
  });

  it('goes on after a power cut with what it was asked for, and sends it', async () => {
    await writePackage(fleet.packagePath('large'), { 'a.mxf': 1000, 'b.mxf': 1000, 'c.mxf': 1000 });
    await truncate(join(fleet.packagePath('large'), 'a.mxf'), 1_500_000_000);
    assert.equal((await sends('large')).return_status, 'true');
    await fleet.sender.end('SIGKILL');
    assert.equal((await unfinished()).length, 1);
    await fleet.sender.start();
    await ready('large');
    assert.deepEqual(await unfinished(), []);
  });

  it('makes nothing anew when only the sending was left', async () => {
    const torrent = `${fleet.packagePath('next')}.torrent`;
    const { mtimeMs } = await stat(torrent);
    await fleet.sender.end('SIGKILL');
    const asked = { basesubdir: 'cfec-001', btobscdn: '1:1:1', policy: 'fulltime', deloldtorrent: true };
    const request = { dcppath: fleet.packagePath('next'), taskfile: fleet.taskPath('next'), ...asked };
    const making = JSON.stringify({ request, thenSend: true, isMade: true });
    const name = createHash('sha1').update(request.taskfile).digest('hex');
    await writeFile(join(fleet.sender.root, 'state', 'makings', `${name}.json`), making);
    await fleet.sender.start();
    await ready('next');
    assert.equal((await stat(torrent)).mtimeMs, mtimeMs);
    assert.deepEqual(await unfinished(), []);
  });

  for (const method of ['gentask', 'sends'] as const) {
    it(`is stopped by cancel, and says so (BX-06, BX-07): ${method}`, async () => {
      const name = `${method}-stopped`;
      await writePackage(fleet.packagePath(name), { 'a.mxf': 1000 });
      await truncate(join(fleet.packagePath(name), 'a.mxf'), 1_500_000_000);
      assert.equal((await (method === 'gentask' ? fleet.gentask(name) : sends(name))).return_status, 'true');
      const taskfile = `cfec-001-${name}.task.json`;
      const cancel = async () => (await fleet.sender.ask('/cancel', 'cancel', { taskfile })).desc;
      assert.equal(await cancel(), 'succeed!');
      assert.deepEqual(await unfinished(), []);
      await assert.rejects(stat(fleet.taskPath(name)), { code: 'ENOENT' });
      const params = { dcppath: fleet.packagePath(name), taskfile: fleet.taskPath(name) };
      const answer = await fleet.sender.call('/taskfilesquery', 'taskfilesquery', params);
      assert.deepEqual([answer.return_status, answer.return_content.code], ['false', 'TASK_CANCELLED']);
      assert.equal(await cancel(), `no need to cancel, not found task: ${taskfile}`);
      await truncate(join(fleet.packagePath(name), 'a.mxf'), 1_000_000);
      await fleet.make(name, '1:1:1');
    });
  }

  it('forgets what cannot be gone on with, and says why', async () => {
    await writePackage(fleet.packagePath('gone'), { 'a.mxf': 1000 });
    await truncate(join(fleet.packagePath('gone'), 'a.mxf'), 1_500_000_000);
    const params = { dcppath: fleet.packagePath('gone'), taskfile: fleet.taskPath('gone') };
    assert.equal((await fleet.gentask('gone')).return_status, 'true');
    await fleet.sender.end('SIGKILL');
    await truncate(join(fleet.packagePath('gone'), 'a.mxf'), 0);
    await fleet.sender.start();
    const answer = await fleet.sender.call('/taskfilesquery', 'taskfilesquery', params);
    assert.deepEqual([answer.return_status, answer.return_content.code], ['false', 'SIZES_DIFFER']);
    assert.deepEqual(await unfinished(), []);
  });

  const query = (name: string) =>
    fleet.sender.call('/taskfilesquery', 'taskfilesquery', {
      dcppath: fleet.packagePath(name),
      taskfile: fleet.taskPath(name),
    });
  const makings = async () => {
    const answer = await fetch(`http://127.0.0.1:${fleet.sender.apiPort}/api/v1/makings`);
    return ((await answer.json()) as { makings: Record<string, unknown>[] }).makings;
  };
  const torrentsOf = (name: string) => [
    `${fleet.packagePath(name)}.torrent`,
    join(fleet.packagePath(name), `../../dcps-tmp/${name}-tmp.torrent`),
  ];
  const there = async (paths: readonly string[]) => {
    const found = await Promise.all(paths.map(path => exists(path)));
    return paths.filter((_, index) => found[index]);
  };

  it('says how far it is, how fast it goes and how long it will take', async () => {
    await writePackage(fleet.packagePath('watched'), { 'a.mxf': 1000 });
    await truncate(join(fleet.packagePath('watched'), 'a.mxf'), 3_000_000_000);
    assert.equal((await fleet.gentask('watched')).return_status, 'true');
    const moving = await until('it moves', async () => {
      const { bytes, total, rate, left } = (await query('watched')).return_content;
      return typeof left === 'number' && { bytes: Number(bytes), total: Number(total), rate: Number(rate), left };
    });
    assert.equal(moving.total, 3_000_000_000);
    assert.ok(moving.bytes > 0 && moving.rate > 0, JSON.stringify(moving));
    const row = (await makings()).find(({ name }) => name === 'cfec-001-watched.task.json');
    assert.deepEqual([row?.taskfile, row?.total, row?.failure], [fleet.taskPath('watched'), 3_000_000_000, null]);
    await fleet.sender.ask('/cancel', 'cancel', { taskfile: 'cfec-001-watched.task.json' });
    assert.deepEqual(await there(torrentsOf('watched')), []);
    const failed = (await makings()).find(({ name }) => name === 'cfec-001-watched.task.json');
    assert.equal((failed?.failure as { code?: string } | undefined)?.code, 'TASK_CANCELLED');
  });

  it('leaves no torrents when the task cannot be recorded, but keeps one that was there', async () => {
    await writePackage(fleet.packagePath('unrecorded'), SMALL);
    const blocked = join(fleet.sender.root, 'state/sent/cfec-001-unrecorded.task.json');
    const failed = () =>
      until('it failed', async () => (await query('unrecorded')).return_content.code === 'DISK_WRITE');
    await writeFile(blocked, 'no directory');
    await fleet.gentask('unrecorded');
    await failed();
    assert.deepEqual(await there([...torrentsOf('unrecorded'), fleet.taskPath('unrecorded')]), []);
    await rm(blocked);
    await fleet.make('unrecorded', '1:1:1');
    await rm(join(fleet.sender.root, 'state/sent/cfec-001-unrecorded.task.json'), { recursive: true });
    await writeFile(blocked, 'no directory');
    await fleet.gentask('unrecorded');
    await failed();
    const [full = ''] = torrentsOf('unrecorded');
    assert.deepEqual(await there([...torrentsOf('unrecorded'), fleet.taskPath('unrecorded')]), [full]);
  });

  it('fault 18: refuses a package that somebody writes to, and names the file', async () => {
    await writePackage(fleet.packagePath('written'), { 'a.mxf': 1000, 'b.mxf': 1000 });
    await truncate(join(fleet.packagePath('written'), 'a.mxf'), 500_000_000);
    const path = join(fleet.packagePath('written'), 'b.mxf');
    const writer = new AbortController();
    const writing = (async () => {
      while (!writer.signal.aborted) await appendFile(path, 'x');
    })();
    await fleet.gentask('written');
    const why = await until('it is refused', async () => {
      const { code, desc } = (await query('written')).return_content;
      return code !== undefined && `${code}: ${desc}`;
    });
    writer.abort();
    await writing;
    assert.equal(why, `SOURCE_CHANGED: ${path} changed while it was hashed`);
    assert.deepEqual(await there([...torrentsOf('written'), fleet.taskPath('written')]), []);
    await fleet.make('written', '1:1:1');
  });

  it('BH-04: what was hashed for a task is in the hash table', async () => {
    const table = await readFile(join(fleet.sender.root, 'hashtable.txt'), 'utf8');
    const { filelist } = JSON.parse(await readFile(fleet.taskPath('written'), 'utf8')) as {
      filelist: { file: string; hash: string }[];
    };
    for (const { file, hash } of filelist)
      assert.ok(table.includes(`${hash}  ${join(fleet.packagePath('written'), file)}\n`), file);
  });

  it('BG-02: does not hash files again that nobody touched since, and hashes what changed unseen', async () => {
    const tasks = async () => JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as TaskFile;
    const knownIn = (line: string) => (JSON.parse(line) as { known?: number }).known;
    const makeAnew = async () => {
      const before = fleet.sender.output.length;
      await fleet.make('film', '1:1:1', { deloldtorrent: 'true' });
      return await until('it is told', async () => {
        const lines = fleet.sender.output.slice(before).split('\n').slice(0, -1);
        const line = lines.find(line => line.includes('"task made"'));
        return line === undefined ? undefined : { known: knownIn(line), task: await tasks() };
      });
    };
    const path = join(fleet.packagePath('film'), 'b.mxf');
    // A file is noted when it has been quiet for two seconds.
    await until('it is quiet', async () => Date.now() - (await stat(path)).ctimeMs > 2500);
    const first = await makeAnew();
    const second = await makeAnew();
    assert.deepEqual([second.known, second.task.filelist], [4, first.task.filelist]);
    assert.equal(second.task.bt.infohash, first.task.bt.infohash);
    const { atime, mtime, size } = await stat(path);
    await writeFile(path, Buffer.alloc(size, 1));
    await utimes(path, atime, mtime);
    const third = await makeAnew();
    assert.equal(third.known, 3);
    const hash = third.task.filelist.find(({ file }) => file === 'b.mxf')?.hash;
    assert.equal(hash, createHash('sha1').update(Buffer.alloc(size, 1)).digest('hex'));
    assert.notEqual(third.task.bt.infohash, first.task.bt.infohash);
  });
});
