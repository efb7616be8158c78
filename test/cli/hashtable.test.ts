import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, link, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { runToEnd } from '../shell/scripts.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const PAST = new Date('2020-01-01');
const FILES = { 'film/a.mxf': 'one', 'film/声 "1"\\.mxf': 'two', 'single.mxf': 'three' };

describe('cli: hashtable (BK-11, BC-42, BH-04, decisions 28 to 30)', function () {
  this.timeout(60_000);
  const at = temporaryDirectory();
  const dcp = (...path: string[]) => at('dcp', ...path);
  const config = (more: Record<string, unknown> = {}) => {
    const paths = { basedatapath: dcp(), hashtable: at('hashtable.txt'), transferpath: dcp('transfer') };
    return writeFile(at('config.json'), JSON.stringify({ servertype: 'receiver', ...paths, ...more }));
  };
  const run = (...args: string[]) =>
    runToEnd(process.execPath, [MAIN, 'hashtable', ...args], { BFT2_CONFIG: at('config.json') });
  const rows = async () => (await readFile(at('hashtable.txt'), 'utf8')).split('\n').filter(Boolean).sort();
  const rowsOf = (files: Record<string, string>) =>
    Object.entries(files)
      .map(([path, content]) => `${sha1(content)}  ${dcp(path)}`)
      .sort();
  const stats = async () => JSON.parse((await run('stats', '--json')).out) as Record<string, unknown>;

  beforeEach(async () => {
    await config();
    await writeFiles(dcp(), { ...FILES, 'transfer/bt/x': 'no', 'film.finished': 'no' });
  });

  it('init makes all rows anew, whatever was there, and says for what: a table for another plan is refused until then', async () => {
    await writeFile(at('hashtable.txt'), `rubbish\n${sha1('far')}  /other/place\n${sha1('x')}  ${dcp('single.mxf')}\n`);
    assert.deepEqual(await run('init'), {
      code: 0,
      out: '',
      err: 'rows of the hash table that cannot be read are passed over: 1\n',
    });
    assert.deepEqual(await rows(), rowsOf(FILES));
    const { rows: count, unchecked, badLines, deadLines, builtFor } = await stats();
    assert.deepEqual([count, unchecked, badLines, deadLines, builtFor], [3, 0, 0, 0, 'receiver, plan A']);
    assert.deepEqual(await run('check', '--hash'), {
      code: 0,
      out: 'all right: 3 rows, 0 of them not held against a file yet\n',
      err: '',
    });
    await config({ receiverstoreplan: 'B' });
    for (const args of [['check'], ['add', dcp('film')], ['update']]) {
      const { code, err } = await run(...args);
      assert.equal(code, 1);
      assert.match(
        err,
        /^HASHTABLE_FOREIGN: .* was built for receiver, plan A, not receiver, plan B\n {2}Run "hashtable init"/,
      );
    }
    assert.equal((await run('init')).code, 0);
    assert.equal((await stats()).builtFor, 'receiver, plan B');
    assert.equal((await run('check')).code, 0);
  });

  it('check says what is wrong, a line each, and ends with 1', async () => {
    await run('init');
    await rm(dcp('single.mxf'));
    await mkdir(dcp('single.mxf'));
    await writeFile(dcp('film/a.mxf'), 'ONE');
    await rename(dcp('film/声 "1"\\.mxf'), dcp('film/moved.mxf'));
    const { code, out } = await run('check');
    assert.equal(code, 1);
    const said = [
      `changed: ${dcp('film/a.mxf')}`,
      `gone: ${dcp('film/声 "1"\\.mxf')}`,
      `no file: ${dcp('single.mxf')}`,
      `no row: ${dcp('film/moved.mxf')}`,
      '4 faults',
    ];
    assert.deepEqual(out.split('\n').filter(Boolean).sort(), said.sort());
  });

  it('check --hash finds a wrong row of a file that nobody has looked at', async () => {
    await writeFile(at('hashtable.txt'), [...rowsOf({ ...FILES, 'single.mxf': 'other' }), 'bad', ''].join('\n'));
    const plain = await run('check');
    assert.deepEqual([plain.code, plain.out], [1, 'lines that cannot be read: 1\n1 faults\n']);
    const { code, out } = await run('check', '--hash');
    assert.deepEqual([code, out], [1, `wrong: ${dcp('single.mxf')}\nlines that cannot be read: 1\n2 faults\n`]);
  });

  it('add takes a directory or a file, also one named by way of a link, and what people struck out; rows of what is gone go', async () => {
    await run('init');
    const struck = (await rows()).filter(row => !row.endsWith('a.mxf'));
    await writeFile(at('hashtable.txt'), `${struck.join('\n')}\n`);
    await rm(dcp('film/声 "1"\\.mxf'));
    await writeFiles(dcp(), { 'film/new': 'new', other: 'other' });
    await symlink(dcp(), at('way'));
    assert.deepEqual(await run('add', at('way/film')), { code: 0, out: '', err: '' });
    const now = { 'film/a.mxf': 'one', 'film/new': 'new', 'single.mxf': 'three' };
    assert.deepEqual(await rows(), rowsOf(now));
    assert.equal((await run('add', dcp('other'))).code, 0);
    assert.deepEqual(await rows(), rowsOf({ ...now, other: 'other' }));
    await rm(dcp('film'), { recursive: true });
    assert.equal((await run('add', dcp('film'))).code, 0);
    assert.deepEqual(await rows(), rowsOf({ 'single.mxf': 'three', other: 'other' }));
    assert.equal((await run('add')).code, 2);
    assert.match((await run('add', at())).err, /^SOURCE_REFUSED/);
  });

  it('hashes again what only seems to be the same, which update leaves alone', async () => {
    await utimes(dcp('single.mxf'), PAST, PAST);
    await run('init');
    assert.deepEqual(await run('update'), { code: 0, out: '0 files were hashed; 3 rows\n', err: '' });
    await link(dcp('single.mxf'), dcp('twin'));
    await writeFiles(dcp(), { new: 'new' });
    // A new link changes the time of its file.
    assert.equal((await run('update')).out, '3 files were hashed; 5 rows\n');
    assert.deepEqual(await rows(), rowsOf({ ...FILES, new: 'new', twin: 'three' }));
  });

  it('goes on where a directory cannot be read, and says so; a name that is no UTF-8 is no reason to fail', async () => {
    await mkdir(Buffer.concat([Buffer.from(dcp()), Buffer.from([0x2f, 0xff])]));
    const names = 'names of files and directories that are no UTF-8 are passed over: 1\n';
    assert.deepEqual(await run('init'), { code: 0, out: '', err: names });
    assert.deepEqual(await run('add', dcp()), { code: 0, out: '', err: names });
    assert.deepEqual(await rows(), rowsOf(FILES));
    assert.equal((await run('check')).code, 0);
    // Deeper than a path can be.
    const deep = `cd ${dcp()} && for i in {1..18}; do mkdir ${'d'.repeat(240)} && cd ${'d'.repeat(240)}; done`;
    assert.equal((await runToEnd('bash', ['-c', deep])).code, 0);
    try {
      for (const command of ['init', 'check']) {
        const { code, out, err } = await run(command);
        assert.deepEqual([code, await rows()], [1, rowsOf(FILES)]);
        assert.match(out + err, /ENAMETOOLONG: name too long, opendir/);
      }
    } finally {
      await runToEnd('rm', ['-r', dcp()]);
    }
  });

  it('keeps the rows of a storage that is empty, or not mounted, until the table is emptied, too', async () => {
    await run('init');
    await rm(dcp(), { recursive: true });
    await mkdir(dcp());
    for (const args of [['init'], ['add', dcp()]]) {
      const { code, err } = await run(...args);
      assert.deepEqual([code, await rows()], [1, rowsOf(FILES)]);
      assert.match(err, /^SOURCE_MISSING: the storage .* is empty, or not mounted/);
    }
    await writeFile(at('hashtable.txt'), '');
    assert.deepEqual(await run('init'), { code: 0, out: '', err: '' });
  });

  it('makes no table when it is to say what is in one', async () => {
    for (const command of ['stats', 'check']) {
      const { code, err } = await run(command, '--table', at('typo', 't.txt'));
      assert.equal(code, 1);
      assert.match(err, /^SOURCE_MISSING: there is no hash table at .*typo.t\.txt\n/);
    }
    await assert.rejects(access(at('typo')), { code: 'ENOENT' });
    await run('init');
    await rm(at('hashtable.txt'));
    assert.equal((await stats()).rows, 0);
  });

  it('wants what it needs, and says what is wrong with it', async () => {
    const empty = [
      ['add', ''],
      ['init', ''],
      ['check', '--table', ''],
      ['check', '--storage', ''],
    ];
    for (const args of [[], ['mend'], ['check', '--deep'], ['init', 'a', 'b'], ...empty])
      assert.equal((await run(...args)).code, 2);
    assert.match((await run('stats', '--config', at('no.json'))).err, /^CONFIG_MISSING/);
    await rm(dcp(), { recursive: true });
    assert.match((await run('init')).err, /^SOURCE_MISSING/);
  });
});
