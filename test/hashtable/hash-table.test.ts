import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

describe('hash table (BD-17, BH-01, decision 28)', () => {
  const at = temporaryDirectory();
  let table: HashTable;
  const path = () => at('hashtable.txt');
  const findAll = async (text: string) => (await table.find(new Map([[sha1(text), text.length]]))).get(sha1(text));
  const find = async (text: string) => (await findAll(text))?.[0];

  beforeEach(async () => {
    await mkdir(at('dcp'));
    table = new HashTable({ log: silentLog }, () => ({ path: path(), storage: at('dcp') }));
  });
  afterEach(() => table.stop());
  const store = async (name: string, text: string) => {
    await writeFile(at('dcp', name), text);
    return { sha1: sha1(text), path: at('dcp', name) };
  };

  it('finds a file by content, also with names of all kinds; no table is an empty one', async () => {
    assert.equal(await find('film'), undefined);
    const row = await store(' 片 "a\\b" ', 'film');
    await table.add([row]);
    assert.equal(await find('film'), row.path);
    assert.equal(await readFile(path(), 'utf8'), `${row.sha1}  ${row.path}\n`);
  });

  it('adds a row once, and after a last line that an editor left open', async () => {
    const first = await store('first', 'one');
    const second = await store('second', 'two');
    await writeFile(path(), `${first.sha1}  ${first.path}`);
    await table.add([first, second]);
    await table.add([first, second]);
    assert.equal(await readFile(path(), 'utf8'), `${first.sha1}  ${first.path}\n${second.sha1}  ${second.path}\n`);
  });

  it('is read as it stands now: a row that people remove is gone (BH-04)', async () => {
    await table.add([await store('a', 'film')]);
    await writeFile(path(), '');
    assert.equal(await find('film'), undefined);
  });

  it('takes the lines that sha1sum escapes, but none of a name with a line break', async () => {
    const row = await store('a\\\\n\\b', 'film');
    const escaped = row.path.replaceAll('\\', '\\\\');
    const bad = ['\\n', '\\r', '\\x', '\\'].map(name => `\\${row.sha1}  ${at('dcp')}/${name}`);
    await writeFile(path(), [...bad, `\\${row.sha1}  ${escaped}`, ''].join('\n'));
    assert.equal(await find('film'), row.path);
    const { rows, badLines } = await table.stats();
    assert.deepEqual([rows, badLines], [1, 4]);
  });

  it('passes over damaged rows and takes the good ones, also those of sha1sum -b and with CRLF', async () => {
    const row = await store('a', 'film');
    const bad = [
      '',
      'x',
      `${row.sha1} ${row.path}`,
      `${row.sha1.toUpperCase()}  ${row.path}`,
      `${row.sha1}  relative`,
      '\0\0',
    ];
    await writeFile(path(), `${bad.join('\n')}\n${row.sha1} *${row.path}\r\n`);
    assert.equal(await find('film'), row.path);
  });

  it('never uses a row whose file is gone, changed in size, a directory, a link, or outside the storage (BH-05)', async () => {
    const row = await store('good', 'film');
    const only = async (file: string) => {
      await writeFile(path(), `${row.sha1}  ${file}\n`);
      return await find('film');
    };
    await writeFile(at('outside'), 'film');
    await symlink(at('outside'), at('dcp', 'link'));
    await mkdir(at('dcp', 'directory'));
    await store('longer', 'film!');
    await mkdir(at('elsewhere'));
    await writeFile(at('elsewhere', 'film'), 'film');
    await symlink(at('elsewhere'), at('dcp', 'linked'));
    const unusable = ['gone', 'longer', 'directory', 'link', 'linked/film', 'good/below'].map(name => at('dcp', name));
    for (const file of [...unusable, at('outside'), at('dcp', '..', 'outside')])
      assert.equal(await only(file), undefined, file);
    assert.equal(await only(row.path), row.path);
  });

  it('gives all copies that are there, in the order of the table, up to 16', async () => {
    const rows = [];
    for (let n = 10; n < 40; n++) rows.push(await store(`copy ${n}`, 'film'));
    await table.add(rows);
    assert.deepEqual(
      await findAll('film'),
      rows.slice(0, 16).map(row => row.path),
    );
    for (const row of rows.slice(0, 20)) await rm(row.path);
    assert.deepEqual(
      await findAll('film'),
      rows.slice(20).map(row => row.path),
    );
  });

  it('adds nothing twice, however many copies of one content there are', async () => {
    const rows = [];
    for (let n = 10; n < 40; n++) rows.push(await store(`copy ${n}`, 'film'));
    await table.add(rows);
    const once = await readFile(path(), 'utf8');
    await table.add(rows);
    await table.add([...rows.slice(-1), ...rows.slice(-1)]);
    assert.equal(await readFile(path(), 'utf8'), once);
  });

  it('is an empty one, and the log says so, when it cannot be read', async () => {
    const logged: unknown[] = [];
    const log = Object.assign(Object.create(silentLog) as Logger, {
      warn: (context: { hashtable: string }) => logged.push(context.hashtable),
    });
    table = new HashTable({ log }, () => ({ path: path(), storage: at('dcp') }));
    const row = await store('a', 'film');
    await mkdir(path());
    assert.equal(await find('film'), undefined);
    await assert.rejects(table.add([row]), { message: `${path()} is not a regular file` });
    await rmdir(path());
    await table.add([row]);
    assert.deepEqual(logged, [path()]);
    assert.equal(await find('film'), row.path);
  });

  it('finds while another process writes for long; what wants to write waits for it', async () => {
    const row = await store('a', 'film');
    await table.add([row]);
    const other = new DatabaseSync(at('hashtable.idx'));
    other.exec('BEGIN IMMEDIATE');
    const added = table.add([await store('b', 'firm')]);
    assert.equal(await find('film'), row.path);
    other.exec('ROLLBACK');
    other.close();
    await added;
    assert.equal(await find('firm'), at('dcp/b'));
  });

  it('a stop in the middle of a question ends both, and the next question finds all of it', async function () {
    this.timeout(120_000);
    const lines = Array.from({ length: 400_000 }, (_, n) => `${sha1('far')}  /elsewhere/${n % 100}/${n}\n`);
    await writeFile(path(), lines.join(''));
    const asked = table.stats().then(
      () => 'answered',
      () => 'rejected',
    );
    await delay(100);
    await table.stop();
    assert.equal(await asked, 'rejected');
    assert.equal((await table.stats()).rows, 400_000);
  });

  it('a process that asks and stops at the same time ends by itself, with 0', async () => {
    const { sha1, path: file } = await store('a', 'film');
    const program = `import { HashTable } from ${JSON.stringify(new URL('../../src/hashtable/hash-table.ts', import.meta.url).href)};
      const table = new HashTable({ log: {} }, () => (${JSON.stringify({ path: path(), storage: at('dcp') })}));
      await table.stats();
      const added = table.add([${JSON.stringify({ sha1, path: file })}]);
      await table.stop();
      await added;`;
    await writeFile(at('program.mjs'), program);
    const child = spawn(process.execPath, [at('program.mjs')], { stdio: 'inherit' });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(await find('film'), file);
  });

  it('passes over a line without an end', async () => {
    const row = await store('a', 'film');
    await writeFile(path(), `${'x'.repeat(1_000_000)}\n${row.sha1}  ${row.path}\n`);
    assert.equal(await find('film'), row.path);
  });
});
