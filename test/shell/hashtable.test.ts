import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { silentLog } from '../../src/core/log.ts';
import { until } from '../e2e/nodes.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { type Ended, runToEnd, SHELL, script } from './scripts.ts';

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
    env = { BFT2_DCP: dcp(), BFT2_HASHTABLE: at('etc', 'hashtable.txt'), BFT2_CONFIG: '' };
    await mkdir(at('etc'));
    await write(FILES);
  });

  it('inithashtable builds it anew: plain names, one row per file (BK-11, BH-01, BH-04, C-38)', async () => {
    await writeFile(at('etc', 'hashtable.txt'), 'rubbish\n');
    const { code, out, err } = await run('inithashtable');
    const said = 'rows of the hash table that cannot be read are passed over: 1\n';
    assert.deepEqual([code, out, err], [0, '', said]);
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

  it('keep the old table when there is no storage', async () => {
    await writeFile(at('etc', 'hashtable.txt'), 'old\n');
    const { code, err } = await script('inithashtable', [], { ...env, BFT2_DCP: at('nothing') });
    assert.equal(code, 1);
    assert.match(err, /^SOURCE_MISSING: the storage .* is not a directory\n/);
    assert.deepEqual(await rows(), ['old']);
  });

  it('say clearly what has no place in the table', async () => {
    await mkdir(at('elsewhere'));
    const { code, err } = await run('addhashtable', at('elsewhere'));
    assert.equal(code, 1);
    assert.match(err, /^SOURCE_REFUSED: .*elsewhere is not in the storage/);
  });

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
    });

    it('sees a file that another took the place of, with its old time', async () => {
      await write({ other: 'SIX' });
      await rename(dcp('other'), dcp('single.mxf'));
      await becomes({ ...FILES, 'single.mxf': 'SIX' });
    });

    it('leaves rows of other places alone, and does not take back what a person struck out (BH-04)', async () => {
      const far = `${sha1('far')}  /other/place`;
      const { 'single.mxf': _, ...left } = FILES;
      await writeFile(at('etc', 'hashtable.txt'), `${[far, ...rowsOf(left)].join('\n')}\n`);
      await write({ 'film/new.mxf': 'new' });
      const right = JSON.stringify([...rowsOf({ ...left, 'film/new.mxf': 'new' }), far].sort());
      await until('the new one is there', async () => JSON.stringify(await rows()) === right);
    });
  });

  it('mhashtable says so when the storage is not there, or not mounted, and touches nothing', async () => {
    await run('inithashtable');
    await rename(dcp(), at('away'));
    const { code, err } = await run('mhashtable', 'once');
    assert.equal(code, 1);
    assert.match(err, /dcp is not a directory\n/);
    assert.deepEqual(await rows(), rowsOf(FILES));
    await mkdir(dcp());
    assert.equal((await run('mhashtable', 'once')).code, 0);
    assert.deepEqual(await rows(), rowsOf(FILES));
  });

  it('find their functions when they are called by way of a link, as all scripts do (BK-10, BK-11)', async () => {
    await symlink(join(SHELL, 'inithashtable.sh'), at('init'));
    assert.deepEqual(await runToEnd(at('init'), [], env), { code: 0, out: '', err: '' });
    assert.deepEqual(await rows(), rowsOf(FILES));
    for (const name of await readdir(SHELL)) {
      const text = await readFile(join(SHELL, name), 'utf8');
      assert.doesNotMatch(text.replaceAll(/readlink -f "\$0"|basename "\$0"/g, ''), /"\$0"/, name);
    }
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
