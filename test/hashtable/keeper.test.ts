import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { appendFile, link, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Clock } from '../../src/core/clock.ts';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { HashKeeper } from '../../src/hashtable/hash-keeper.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import type { HashFile } from '../../src/hashtable/new-files.ts';
import { StorageLooks } from '../../src/hashtable/storage-looks.ts';
import type { CallArgs } from '../../src/hashtable/table-thread.ts';
import { FileHasher } from '../../src/torrent/file-hasher.ts';
import { until } from '../e2e/nodes.ts';
import { mapFile } from '../map-file.ts';
import { makeFifo, temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const MINUTE_MS = 60_000;
const FASTER = 50;

/** A minute ahead of the files, so that they have been quiet, and impatient. */
const hasty: Clock = {
  now: () => Date.now() + MINUTE_MS,
  monotonic: () => performance.now() * FASTER,
  sleep: (ms, signal) => delay(ms / FASTER, undefined, signal ? { signal } : {}),
};

describe('hash table: what keeps it true to the storage (BH-02 … BH-05, decision 29)', function () {
  this.timeout(120_000);
  // Before its directory is removed.
  afterEach(close);
  const at = temporaryDirectory();
  const dcp = (...path: string[]) => at('dcp', ...path);
  let table: HashTable;
  let keeper: HashKeeper;
  let read: string[];
  let warned: string[];
  let informed: string[];
  let isOn: boolean;
  let builtFor: string | undefined;
  /** What happens around the hashing of a file. */
  let around: (path: string, hash: () => Promise<string>) => Promise<string>;

  const hasher = new FileHasher();
  after(() => hasher.close());
  const open = (clock: Clock = hasty) => {
    const log = Object.assign(Object.create(silentLog) as Logger, {
      info: (_context: unknown, text: string) => informed.push(text),
      warn: (_context: unknown, text: string) => warned.push(text),
      error: (context: { err: Error }) => warned.push(String(context.err.stack)),
    });
    table = new HashTable({ log }, () => ({ path: at('hashtable.txt'), storage: dcp(), builtFor }));
    const hash: HashFile = async (path, signal, expected) => {
      read.push(path.slice(dcp().length + 1));
      return await around(path, () => hasher.hash(path, signal, expected));
    };
    const isExcluded = (path: string) => path === dcp('transfer');
    keeper = new HashKeeper({ table, hash, clock, log }, { storage: dcp(), isExcluded, isOn: () => isOn });
  };
  beforeEach(async () => {
    read = [];
    warned = [];
    informed = [];
    builtFor = undefined;
    isOn = true;
    around = (_path, hash) => hash();
    await mkdir(dcp());
    open();
  });
  async function close(): Promise<void> {
    await keeper.stop();
    await table.stop();
  }

  const rows = async () =>
    (await readFile(at('hashtable.txt'), 'utf8').catch(() => '')).split('\n').filter(Boolean).sort();
  const rowsOf = (files: Record<string, string>) =>
    Object.entries(files)
      .map(([path, content]) => `${sha1(content)}  ${dcp(path)}`)
      .sort();
  const becomes = async (files: Record<string, string>) => {
    try {
      await until('the table is right', async () => {
        return keeper.isAtRest && JSON.stringify(await rows()) === JSON.stringify(rowsOf(files));
      });
    } catch {
      assert.deepEqual(await rows(), rowsOf(files), warned.join('\n'));
      assert.ok(keeper.isAtRest, `the keeper does not come to rest: ${warned.join('\n')}`);
    }
  };
  const finds = async (text: string) => (await table.find(new Map([[sha1(text), text.length]]))).get(sha1(text)) ?? [];

  const FILES = { 'film/a.mxf': 'one', 'film/sub/声 "1"\\.mxf': 'two', 'single.mxf': 'three', 'film/empty': '' };

  it('takes in what is there at the start; a restart reads nothing again', async () => {
    await writeFiles(dcp(), FILES);
    await keeper.start();
    await becomes(FILES);
    assert.equal(read.length, 4);
    await close();
    open();
    await keeper.start();
    await until('everything was looked at', async () => keeper.isAtRest);
    assert.equal(read.length, 4);
    assert.deepEqual(await finds('two'), [dcp('film/sub/声 "1"\\.mxf')]);
  });

  it('finds at the start what changed, came, moved or went while it was down, and reads only that', async () => {
    await writeFiles(dcp(), { ...FILES, gone: 'gone' });
    await keeper.start();
    await becomes({ ...FILES, gone: 'gone' });
    await close();
    read = [];
    await rm(dcp('gone'));
    await writeFile(dcp('single.mxf'), 'THREE');
    await rename(dcp('film'), dcp('moved'));
    await writeFiles(dcp(), { new: 'new' });
    open();
    await keeper.start();
    await becomes({
      'moved/a.mxf': 'one',
      'moved/sub/声 "1"\\.mxf': 'two',
      'moved/empty': '',
      'single.mxf': 'THREE',
      new: 'new',
    });
    assert.deepEqual(read.toSorted(), ['new', 'single.mxf']);
  });

  it('adds what comes, also whole trees at once; hashes again what changes; drops what goes, also whole trees', async () => {
    await keeper.start();
    await becomes({});
    await writeFiles(dcp(), FILES);
    await becomes(FILES);
    await writeFile(dcp('film/a.mxf'), 'ONE');
    await becomes({ ...FILES, 'film/a.mxf': 'ONE' });
    await rm(dcp('single.mxf'));
    const { 'single.mxf': _, ...film } = FILES;
    await becomes({ ...film, 'film/a.mxf': 'ONE' });
    const deep = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`x/${n % 5}/${n % 3}/f${n}`, `deep ${n}`]));
    await writeFiles(dcp(), deep);
    await becomes({ ...film, ...deep, 'film/a.mxf': 'ONE' });
    await rm(dcp('x'), { recursive: true });
    await rm(dcp('film'), { recursive: true });
    await becomes({});
  });

  it('a tree that moves inside, in or out: its files are not read again, or dropped', async () => {
    await writeFiles(dcp(), FILES);
    await writeFiles(at('outside'), { f: 'outer' });
    await keeper.start();
    await becomes(FILES);
    read = [];
    await rename(dcp('film'), dcp('other'));
    const moved = { 'other/a.mxf': 'one', 'other/sub/声 "1"\\.mxf': 'two', 'other/empty': '', 'single.mxf': 'three' };
    await becomes(moved);
    assert.deepEqual(read, []);
    await rename(at('outside'), dcp('inside'));
    await becomes({ ...moved, 'inside/f': 'outer' });
    assert.deepEqual(read, ['inside/f']);
    // It is watched where it is now.
    await writeFile(dcp('other/sub/new'), 'new');
    await becomes({ ...moved, 'inside/f': 'outer', 'other/sub/new': 'new' });
    await rename(dcp('other'), at('away'));
    await becomes({ 'single.mxf': 'three', 'inside/f': 'outer' });
    await rename(at('away'), dcp('back'));
    await becomes({
      'back/a.mxf': 'one',
      'back/sub/声 "1"\\.mxf': 'two',
      'back/sub/new': 'new',
      'back/empty': '',
      'single.mxf': 'three',
      'inside/f': 'outer',
    });
    assert.deepEqual(new Set(read), new Set(['inside/f', 'other/sub/new']));
  });

  it('sees a file that another took the place of, with its size and time', async () => {
    await writeFiles(dcp(), { a: 'film' });
    await utimes(dcp('a'), 1_500_000_000, 1_500_000_000);
    await keeper.start();
    await becomes({ a: 'film' });
    await writeFile(at('new'), 'firm');
    await utimes(at('new'), 1_500_000_000, 1_500_000_000);
    await rename(at('new'), dcp('a'));
    await becomes({ a: 'firm' });
    await writeFile(dcp('a'), 'farm');
    await utimes(dcp('a'), 1_500_000_000, 1_500_000_000);
    await becomes({ a: 'farm' });
  });

  it('never takes torrents, end marks, tasks, -tmp, hidden names, links, pipes, names with a newline, or the directories of the transfers', async () => {
    await writeFiles(dcp(), FILES);
    const never = [
      'x.torrent',
      'film.finished',
      'dcps-tmp/y',
      'film/.hidden',
      '.state/z',
      'transfer/bt/f',
      'film/new\nline',
      'new\nline/a',
      'x.task.json',
      'x.signed.json',
    ];
    await writeFiles(dcp(), Object.fromEntries(never.map(path => [path, 'no'])));
    await writeFile(Buffer.concat([Buffer.from(`${dcp()}/`), Buffer.from([0xff, 0xfe])]), 'no');
    await writeFiles(at('outside'), { f: 'no' });
    await symlink(at('outside'), dcp('linked'));
    await symlink(dcp('single.mxf'), dcp('link.mxf'));
    await symlink('/nowhere', dcp('broken'));
    await makeFifo(dcp('film/pipe'));
    await keeper.start();
    await becomes(FILES);
    await appendFile(dcp('x.torrent'), 'more');
    await writeFiles(dcp(), { 'transfer/bt/g': 'no', 'film/new': 'new' });
    await becomes({ ...FILES, 'film/new': 'new' });
    assert.equal(read.length, 5);
  });

  it('BH-04: what people struck out does not come back until the file changes; what they lost with the whole text does, unread', async () => {
    await writeFiles(dcp(), FILES);
    await keeper.start();
    await becomes(FILES);
    read = [];
    const struck = (await rows()).filter(line => !line.endsWith('a.mxf'));
    await writeFile(at('hashtable.txt'), `${struck.join('\n')}\n`);
    const { 'film/a.mxf': _, ...left } = FILES;
    await writeFile(dcp('film/b.mxf'), 'wakes it');
    await becomes({ ...left, 'film/b.mxf': 'wakes it' });
    assert.deepEqual(await finds('one'), []);
    await close();
    open();
    await keeper.start();
    await becomes({ ...left, 'film/b.mxf': 'wakes it' });
    await writeFile(dcp('film/a.mxf'), 'changed');
    await becomes({ ...left, 'film/a.mxf': 'changed', 'film/b.mxf': 'wakes it' });
    await close();
    await rm(at('hashtable.txt'));
    open();
    await keeper.start();
    await becomes({ ...left, 'film/a.mxf': 'changed', 'film/b.mxf': 'wakes it' });
    assert.deepEqual(read.toSorted(), ['film/a.mxf', 'film/b.mxf']);
  });

  it('rows that people wrote are held against their files once, and put right; those of other places are left alone', async () => {
    await writeFiles(dcp(), { right: 'film', wrong: 'firm' });
    const lines = [
      `${sha1('film')}  ${dcp('right')}`,
      `${sha1('film')}  ${dcp('wrong')}`,
      `${sha1('far')}  /other/place`,
    ];
    await writeFile(at('hashtable.txt'), `${lines.join('\n')}\n`);
    await keeper.start();
    const right = [...rowsOf({ right: 'film', wrong: 'firm' }), `${sha1('far')}  /other/place`].sort();
    await until('it is right', async () => JSON.stringify(await rows()) === JSON.stringify(right) && keeper.isAtRest);
    assert.equal(read.length, 2);
    assert.equal((await table.stats()).unchecked, 1);
  });

  it('sees what happens in a tree that was moved, removed and made again under its old name', async () => {
    await writeFiles(dcp(), { 'a/sub/f': 'one' });
    await keeper.start();
    await becomes({ 'a/sub/f': 'one' });
    await rename(dcp('a'), dcp('b'));
    await writeFiles(dcp(), { 'a/sub/g': 'two' });
    await becomes({ 'b/sub/f': 'one', 'a/sub/g': 'two' });
    await writeFiles(dcp(), { 'a/sub/h': 'three', 'b/sub/h': 'four' });
    await becomes({ 'b/sub/f': 'one', 'a/sub/g': 'two', 'a/sub/h': 'three', 'b/sub/h': 'four' });
    await rm(dcp('b'), { recursive: true });
    await writeFiles(dcp(), { 'b/sub/i': 'five' });
    await becomes({ 'a/sub/g': 'two', 'a/sub/h': 'three', 'b/sub/i': 'five' });
    await writeFile(dcp('b/sub/i'), 'six');
    await becomes({ 'a/sub/g': 'two', 'a/sub/h': 'three', 'b/sub/i': 'six' });
    await rename(dcp(), at('away'));
    await delay(200);
    await rename(at('away'), dcp());
    await rm(dcp('a'), { recursive: true });
    await becomes({ 'b/sub/i': 'six' });
  });

  it('sees what happens in a storage that is a symbolic link', async () => {
    await rename(dcp(), at('real'));
    await symlink(at('real'), dcp());
    await writeFiles(dcp(), { 'film/a': 'one' });
    await keeper.start();
    await becomes({ 'film/a': 'one' });
    await writeFiles(dcp(), { top: 'two', 'film/b': 'three', 'new/c': 'four' });
    await becomes({ 'film/a': 'one', top: 'two', 'film/b': 'three', 'new/c': 'four' });
    // It leads elsewhere.
    await writeFiles(at('other'), { 'film/d': 'five' });
    await rm(dcp());
    await symlink(at('other'), dcp());
    await becomes({ 'film/d': 'five' });
    await writeFiles(dcp(), { 'film/e': 'six' });
    await becomes({ 'film/d': 'five', 'film/e': 'six' });
  });

  it('sees what happens in a directory that another took the place of', async () => {
    await writeFiles(dcp(), { 'film/a': 'one', 'made/a': 'two' });
    await writeFiles(at('new'), { b: 'three' });
    await keeper.start();
    await becomes({ 'film/a': 'one', 'made/a': 'two' });
    await rename(dcp('film'), at('old'));
    await rename(at('new'), dcp('film'));
    await rm(dcp('made'), { recursive: true });
    await mkdir(dcp('made'));
    await becomes({ 'film/b': 'three' });
    await writeFiles(dcp(), { 'film/c': 'four', 'made/c': 'five' });
    await becomes({ 'film/b': 'three', 'film/c': 'four', 'made/c': 'five' });
    await rename(dcp(), at('away'));
    await mkdir(dcp());
    await delay(200);
    await writeFiles(dcp(), { 'film/late': 'six' });
    await becomes({ 'film/late': 'six' });
    await writeFiles(dcp(), { 'film/later': 'seven' });
    await becomes({ 'film/late': 'six', 'film/later': 'seven' });
  });

  it('sees what is mounted on the storage, and what was there before when it is not mounted any more, unread', async function () {
    await writeFiles(dcp(), FILES);
    await keeper.start();
    await becomes(FILES);
    const mount = promisify(execFile);
    await mount('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dcp()]).catch(() => this.skip());
    try {
      await writeFiles(dcp(), { 'film/new': 'new' });
      await becomes({ 'film/new': 'new' });
    } finally {
      await mount('umount', ['--lazy', dcp()]);
    }
    await becomes(FILES);
    assert.equal(read.length, 5);
  });

  it('a table that lies in the storage is not in itself', async () => {
    await writeFiles(dcp(), { 'film/a': 'film' });
    await close();
    table = new HashTable({ log: silentLog }, () => ({ path: dcp('table.txt'), storage: dcp() }));
    const parts = { table, hash: (path: string, signal: AbortSignal) => hasher.hash(path, signal), clock: hasty };
    const isExcluded = () => false;
    keeper = new HashKeeper({ ...parts, log: silentLog }, { storage: dcp(), isExcluded, isOn: () => true });
    await keeper.start();
    await until('it has been quiet for a while', async () => {
      const { hashed } = keeper;
      await delay(300);
      return keeper.isAtRest && hashed > 0 && keeper.hashed === hashed;
    });
    assert.equal(await readFile(dcp('table.txt'), 'utf8'), `${sha1('film')}  ${dcp('film/a')}\n`);
  });

  it('what people append is held against the files at once', async () => {
    await writeFiles(dcp(), { a: 'film' });
    await keeper.start();
    await becomes({ a: 'film' });
    await writeFile(at('hashtable.txt'), `${sha1('firm')}  ${dcp('a')}\n`);
    await becomes({ a: 'film' });
    assert.deepEqual(read, ['a', 'a']);
  });

  it('a row that a copy proved wrong is made anew', async () => {
    await writeFiles(dcp(), { a: 'film' });
    await keeper.start();
    await becomes({ a: 'film' });
    await table.drop([{ sha1: sha1('film'), path: dcp('a') }]);
    assert.deepEqual(await finds('film'), []);
    await becomes({ a: 'film' });
    assert.deepEqual(read, ['a', 'a']);
  });

  it('a hard link of a known file is known', async () => {
    await writeFiles(dcp(), { a: 'film' });
    await keeper.start();
    await becomes({ a: 'film' });
    await link(dcp('a'), dcp('b'));
    await becomes({ a: 'film', b: 'film' });
  });

  it('a directory that is renamed away and back while a file of it is hashed gives no wrong row', async () => {
    await writeFiles(dcp(), { 'film/a': 'film', 'other/a': 'firm' });
    around = async (path, hash) => {
      if (!path.endsWith('film/a')) return await hash();
      around = (_path, hash) => hash();
      await rename(dcp('film'), at('away'));
      await rename(dcp('other'), dcp('film'));
      try {
        return await hash();
      } finally {
        await rename(dcp('film'), dcp('other'));
        await rename(at('away'), dcp('film'));
      }
    };
    await keeper.start();
    await becomes({ 'film/a': 'film', 'other/a': 'firm' });
    assert.deepEqual(await table.known([dcp('film/a')]), new Map([[dcp('film/a'), sha1('film')]]));
  });

  it('a store through a mapping, into a page that was written to before the hashing, makes the hash unknown', async function () {
    const map = await mapFile(dcp('a'), 'A'.repeat(8192)).catch(() => this.skip());
    await map.store(0);
    await keeper.start();
    await becomes({ a: `B${'A'.repeat(8191)}` });
    assert.equal((await table.known([dcp('a')])).size, 1);
    await map.store(1);
    assert.equal((await table.known([dcp('a')])).size, 0);
    await map.close();
  });

  it('a file that looks find again while it is hashed is read once', async () => {
    await writeFiles(dcp(), { 'film/a': 'film' });
    around = async (path, hash) => {
      if (!path.endsWith('film/a')) return await hash();
      await writeFile(dcp('film/b'), 'wakes it');
      await until('it was seen', async () => (await table.stats()).waiting === 2);
      return await hash();
    };
    await keeper.start();
    await becomes({ 'film/a': 'film', 'film/b': 'wakes it' });
    assert.deepEqual(read, ['film/a', 'film/b']);
  });

  it('a stop ends a look in the middle of a directory', async () => {
    await writeFiles(dcp(), Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [String(n), 'x'])));
    const stop = new AbortController();
    let asked = 0;
    const ask = async (call: 'compare', ...args: CallArgs<'compare'>) => {
      asked += 1;
      stop.abort(new Error('stop'));
      return await table.ask(call, ...args);
    };
    const parts = { table: { ask } as unknown as HashTable, clock: hasty, log: silentLog };
    const looks = new StorageLooks(parts, { storage: dcp(), isExcluded: () => false });
    await assert.rejects(looks.look(dcp(), stop.signal), { message: 'stop' });
    assert.equal(asked, 1);
  });

  it('drops nothing when the storage is not mounted', async () => {
    await writeFiles(dcp(), FILES);
    await keeper.start();
    await becomes(FILES);
    await close();
    await rename(dcp(), at('away'));
    await mkdir(dcp());
    open();
    await keeper.start();
    await until('it was looked at', async () => keeper.isAtRest);
    assert.deepEqual(await rows(), rowsOf(FILES));
    assert.deepEqual(await finds('one'), []);
  });

  it('leaves a file alone for as long as it changes: the row comes when it has been quiet for two seconds', async () => {
    let offset = 0;
    open({ ...hasty, now: () => Date.now() + offset });
    await writeFiles(dcp(), { a: 'film' });
    await keeper.start();
    await delay(300);
    assert.deepEqual([await rows(), read], [[], []]);
    offset = 2100;
    await becomes({ a: 'film' });
  });

  it('looks at everything every few minutes where the kernel watches no more, and says so once', async () => {
    const { watch } = fs;
    fs.watch = () => {
      throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' });
    };
    syncBuiltinESMExports();
    try {
      await writeFiles(dcp(), FILES);
      await keeper.start();
      await becomes(FILES);
      await writeFile(dcp('single.mxf'), 'changed');
      await rm(dcp('film/a.mxf'));
      const { 'film/a.mxf': _, ...left } = FILES;
      await becomes({ ...left, 'single.mxf': 'changed' });
      assert.match(
        warned.join('\n'),
        /^the storage has too many directories to be watched: raise fs.inotify.max_user_watches[^\n]*$/,
      );
    } finally {
      fs.watch = watch;
      syncBuiltinESMExports();
    }
  });

  it('is off when the configuration says so, and takes up its work when that changes (BC-07)', async () => {
    isOn = false;
    await writeFiles(dcp(), FILES);
    await keeper.start();
    await delay(200);
    assert.deepEqual(await rows(), []);
    isOn = true;
    await becomes(FILES);
    isOn = false;
    await until('it rests', async () => !keeper.isAtRest);
    await writeFile(dcp('new'), 'new');
    isOn = true;
    await becomes({ ...FILES, new: 'new' });
    assert.deepEqual(warned, []);
  });

  it('BC-42: what changes while the table is for another kind of node is entered as soon as it was made anew', async () => {
    builtFor = 'receiver, plan A';
    await writeFiles(dcp(), FILES);
    const maker = new HashTable({ log: silentLog }, () => ({ path: at('hashtable.txt'), storage: dcp() }));
    await maker.ask('rebuilt', 'receiver, plan B');
    const held = () => informed.filter(text => text === 'the storage was held against the hash table').length;
    await keeper.start();
    await until('it was looked at', async () => keeper.isAtRest);
    await writeFile(dcp('film/new'), 'new');
    await delay(200);
    await until('it was looked at', async () => keeper.isAtRest);
    assert.deepEqual([await rows(), held()], [[], 0]);
    await maker.ask('rebuilt', builtFor);
    await maker.stop();
    await becomes({ ...FILES, 'film/new': 'new' });
    assert.equal(held(), 1);
  });

  it('a file that cannot be read is told once, and no reason to stop', async () => {
    await writeFiles(dcp(), FILES);
    const broken = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    const hash = (path: string, signal: AbortSignal) =>
      path.endsWith('a.mxf') ? Promise.reject(broken) : hasher.hash(path, signal);
    const log = Object.assign(Object.create(silentLog) as Logger, {
      warn: (_: unknown, text: string) => warned.push(text),
    });
    const isExcluded = () => false;
    keeper = new HashKeeper({ table, hash, clock: hasty, log }, { storage: dcp(), isExcluded, isOn: () => true });
    await keeper.start();
    const { 'film/a.mxf': _, ...rest } = FILES;
    await becomes(rest);
    await writeFile(dcp('film/new'), 'new');
    await becomes({ ...rest, 'film/new': 'new' });
    assert.deepEqual(warned, ['a file of the storage cannot be hashed; tried again at a later look']);
  });

  it('stops within a second while it hashes', async () => {
    await writeFiles(dcp(), { a: 'film' });
    const { promise: began, resolve } = Promise.withResolvers<void>();
    const hash = (_path: string, signal: AbortSignal) => {
      resolve();
      return new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const isExcluded = () => false;
    keeper = new HashKeeper(
      { table, hash, clock: hasty, log: silentLog },
      { storage: dcp(), isExcluded, isOn: () => true },
    );
    await keeper.start();
    await began;
    await keeper.stop();
    assert.deepEqual(await rows(), []);
  });
});
