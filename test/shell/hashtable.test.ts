import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { silentLog } from '../../src/core/log.ts';
import { until } from '../e2e/nodes.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { type Ended, SHELL, script } from './scripts.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const LONG_AGO = new Date('2020-01-01');

/** Names that want care, with what is in the files. */
const FILES = {
  'film/a b.mxf': 'one',
  'film/"quoted" \'too\'.mxf': 'two',
  'film/back\\slash\\n.mxf': 'three',
  'film/sub/声音 #1.mxf': 'four',
  'film/*?[x].mxf': 'five',
  'single.mxf': 'six',
};

describe('the scripts of the hash table', () => {
  const at = temporaryDirectory();
  let env: Record<string, string>;
  const dcp = (...path: string[]) => at('dcp', ...path);
  const run = (name: string, ...args: string[]): Promise<Ended> => script(name, args, env);
  const rows = async () => (await readFile(at('etc', 'hashtable.txt'), 'utf8')).split('\n').filter(Boolean).sort();
  const rowsOf = (files: Record<string, string>) =>
    Object.entries(files)
      .map(([path, content]) => `${sha1(content)}  ${dcp(path)}`)
      .sort();
  /** Written long ago: the monitor takes only files that have been quiet. */
  const write = async (files: Record<string, string>) => {
    await writeFiles(dcp(), files);
    for (const path of Object.keys(files)) await utimes(dcp(path), LONG_AGO, LONG_AGO);
  };

  beforeEach(async () => {
    env = { BFT2_DCP: dcp(), BFT2_HASHTABLE: at('etc', 'hashtable.txt'), BFT2_LOGS: at('log'), BFT2_INTERVAL: '0.1' };
    await Promise.all([mkdir(at('etc')), mkdir(at('log'))]);
    await write(FILES);
  });

  it('inithashtable builds it anew: plain names, one row per file (BK-11, BH-01, BH-04, C-38)', async () => {
    await writeFile(at('etc', 'hashtable.txt'), 'rubbish\n');
    const { code, out, err } = await run('inithashtable');
    assert.deepEqual([code, out, err], [0, '', '']);
    assert.deepEqual(await rows(), rowsOf(FILES));
  });

  it('inithashtable takes one directory, too: the other rows stay. The daemon understands it (BK-11, BH-01)', async () => {
    const { 'single.mxf': _, ...film } = FILES;
    const far = `${sha1('far')}  /other/place`;
    const gone = `${sha1('gone')}  ${dcp('film', 'gone')}`;
    await writeFile(at('etc', 'hashtable.txt'), `${far}\n${gone}\n`);
    assert.equal((await run('inithashtable', `${dcp('film')}/`)).code, 0);
    assert.deepEqual(await rows(), [...rowsOf(film), far].sort());
    const table = new HashTable({ log: silentLog }, () => ({ path: at('etc', 'hashtable.txt'), storage: dcp() }));
    const found = await table.find(new Map(Object.values(film).map(text => [sha1(text), text.length])));
    assert.deepEqual(
      [...found.values()].flat().sort(),
      Object.keys(film)
        .map(path => dcp(path))
        .sort(),
    );
  });

  it('never hash torrents, end marks, -tmp directories, hidden files, links, names with a newline (BK-11, BH-05)', async () => {
    const never = [
      'x.torrent',
      'film.finished',
      'dcps-tmp/y',
      'film/.hidden',
      '.state/z',
      'film/new\nline',
      'new\nline/a',
    ];
    await write(Object.fromEntries(never.map(path => [path, 'no'])));
    await symlink(dcp('single.mxf'), dcp('link.mxf'));
    for (const args of [
      ['inithashtable'],
      ['addhashtable', dcp()],
      ['addhashtable', dcp('dcps-tmp')],
      ['mhashtable', 'once'],
    ]) {
      assert.equal((await run(args[0] ?? '', ...args.slice(1))).code, 0, args.join(' '));
      assert.deepEqual(await rows(), rowsOf(FILES), args.join(' '));
    }
  });

  it('take a storage that itself lies below a -tmp directory (BH-05)', async () => {
    const storage = at('x-tmp', 'dcp');
    await writeFiles(storage, { 'film/a': 'a', 'film-tmp/b': 'b', 'film/sub-tmp/c': 'c' });
    const there = { ...env, BFT2_DCP: storage };
    for (const args of [[], [join(storage, 'film')], [join(storage, 'film-tmp')], [join(storage, 'film', 'sub-tmp')]]) {
      assert.equal((await script('inithashtable', args, there)).code, 0, args.join(' '));
      assert.deepEqual(await rows(), [`${sha1('a')}  ${join(storage, 'film', 'a')}`], args.join(' '));
    }
  });

  it('addhashtable hashes one directory again and leaves its neighbours, however they are named, alone (BK-11, BH-04, C-38)', async () => {
    await write({ 'film2/n': 'neighbour', 'film\\2/n': 'other' });
    await run('inithashtable');
    await rm(dcp('film', 'a b.mxf'));
    await write({ 'film/new.mxf': 'new', 'film/sub/声音 #1.mxf': 'changed', 'film2/n': 'unseen' });
    assert.equal((await run('addhashtable', dcp('film'))).code, 0);
    const { 'film/a b.mxf': _, ...left } = FILES;
    const now = {
      ...left,
      'film/new.mxf': 'new',
      'film/sub/声音 #1.mxf': 'changed',
      'film2/n': 'neighbour',
      'film\\2/n': 'other',
    };
    assert.deepEqual(await rows(), rowsOf(now));
    await rm(dcp('film'), { recursive: true });
    assert.equal((await run('addhashtable', dcp('film'))).code, 0);
    assert.deepEqual(await rows(), rowsOf({ 'single.mxf': 'six', 'film2/n': 'neighbour', 'film\\2/n': 'other' }));
  });

  it('work one after the other: nothing is lost when many change the table at once (BK-11)', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `part${index}`);
    await write(Object.fromEntries(names.map(name => [`${name}/f`, name])));
    await writeFile(at('etc', 'hashtable.txt'), '');
    const ended = await Promise.all(names.map(name => run('addhashtable', dcp(name))));
    assert.ok(ended.every(({ code }) => code === 0));
    assert.deepEqual(await rows(), rowsOf(Object.fromEntries(names.map(name => [`${name}/f`, name]))));
  });

  it('keep the old table while a new one is made, and end with 1 when a file could not be read', async () => {
    await rm(dcp('single.mxf'));
    await symlink('/nowhere', dcp('single.mxf'));
    await writeFile(at('etc', 'hashtable.txt'), 'old\n');
    assert.equal((await script('inithashtable', [], { ...env, BFT2_DCP: at('nothing') })).code, 2);
    assert.deepEqual(await rows(), ['old']);
    const line = `. ${SHELL}functions-hashtable.sh; printf '%s\\0' /nowhere "$1" | rows`;
    const { code, out } = await bash(line, dcp('film', 'a b.mxf'));
    assert.deepEqual([code === 0, out], [false, `${sha1('one')}  ${dcp('film', 'a b.mxf')}\n`]);
  });

  const bash = async (line: string, ...args: string[]) => {
    const child = spawn('bash', ['-c', line, 'bash', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', chunk => (out += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out };
  };

  describe('the monitor', () => {
    let monitor: ChildProcess;

    beforeEach(async () => {
      await run('inithashtable');
      monitor = spawn(join(SHELL, 'mhashtable.sh'), { env: { ...process.env, ...env }, stdio: 'ignore' });
    });
    afterEach(async () => {
      const ended = once(monitor, 'exit');
      monitor.kill();
      await ended;
    });

    const becomes = (files: Record<string, string>) =>
      until('the table is right', async () => JSON.stringify(await rows()) === JSON.stringify(rowsOf(files)));

    it('adds what comes and is quiet, hashes again what changes, drops what goes or moves (BK-11, BH-02, BH-03)', async () => {
      await write({ 'film/new.mxf': 'new' });
      await becomes({ ...FILES, 'film/new.mxf': 'new' });
      await writeFile(dcp('film', 'new.mxf'), 'changed');
      await becomes({ ...FILES, 'film/new.mxf': 'changed' });
      await rm(dcp('film', 'new.mxf'));
      await becomes(FILES);
      await rename(dcp('film', 'sub'), dcp('moved'));
      const { 'film/sub/声音 #1.mxf': _, ...left } = FILES;
      await becomes({ ...left, 'moved/声音 #1.mxf': 'four' });
      assert.match(await readFile(at('log', 'mhashtable.log'), 'utf8'), /1 added, 0 dropped\n/);
    });

    it('sees a file that another took the place of, with its old time', async () => {
      await write({ other: 'SIX' });
      await rename(dcp('other'), dcp('single.mxf'));
      await becomes({ ...FILES, 'single.mxf': 'SIX' });
    });

    it('leaves rows of other places alone, and takes back what a person struck out', async () => {
      await writeFile(at('etc', 'hashtable.txt'), `${sha1('far')}  /other/place\n`);
      await until('it is back', async () => (await rows()).length === rowsOf(FILES).length + 1);
      assert.ok((await rows()).includes(`${sha1('far')}  /other/place`));
    });
  });

  it('mhashtable says so when the storage is not there, and touches nothing', async () => {
    await run('inithashtable');
    await rename(dcp(), at('away'));
    assert.equal((await run('mhashtable', 'once')).code, 1);
    assert.match(await readFile(at('log', 'mhashtable.log'), 'utf8'), /dcp is not a directory\n$/);
    assert.deepEqual(await rows(), rowsOf(FILES));
  });

  it('end with 2 when they are called wrongly (BK-11)', async () => {
    for (const [name, ...args] of [
      ['addhashtable'],
      ['addhashtable', 'a', 'b'],
      ['mhashtable', 'twice'],
      ['inithashtable', at('no')],
    ]) {
      const { code, err } = await run(name ?? '', ...args);
      assert.equal(code, 2);
      assert.match(err, new RegExp(`usage: ${name}.sh`));
    }
  });
});
