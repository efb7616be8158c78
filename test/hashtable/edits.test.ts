import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { stateOf } from '../../src/disk/file-state.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import type { LastRow } from '../../src/hashtable/table-looks.ts';
import { temporaryDirectory, inTemporaryDirectory, writeFiles } from '../temporary-directory.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const CONTENTS = ['film', 'firm', 'farm'];
const WANTED = new Map(CONTENTS.map(text => [sha1(text), 4]));

/** What a text says when the last line of a path counts, as the table tells it. */
function saidBy(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap(line => (line === '' ? [] : [[line.slice(42), line.slice(0, 40)]])),
  );
}

describe('hash table: what people do to the text (BH-01, BH-04, decisions 28 and 30)', () => {
  const at = temporaryDirectory();
  const path = () => at('hashtable.txt');
  const row = (text: string, file: string) => `${sha1(text)}  ${file}\n`;
  let warned: { code?: string; rows?: number }[];
  let table: HashTable;

  const open = (builtFor?: string) => {
    const log = Object.assign(Object.create(silentLog) as Logger, {
      warn: (context: { code?: string }) => warned.push(context),
    });
    return new HashTable({ log }, () => ({ path: path(), storage: at('dcp'), builtFor }));
  };
  beforeEach(async () => {
    warned = [];
    await mkdir(at('dcp'));
    table = open();
  });
  afterEach(() => table.stop());

  const told = async (table: HashTable) =>
    Object.fromEntries([...(await table.find(WANTED))].flatMap(([sha1, paths]) => paths.map(path => [path, sha1])));

  const later = () => Date.now() + 60_000;
  /** Files that were hashed, and a look at their directory. */
  const threeHashed = async () => {
    await writeFiles(at('dcp'), { a: 'film', b: 'firm', c: 'farm' });
    const contents = { a: 'film', b: 'firm', c: 'farm' };
    const files = await Promise.all(
      Object.entries(contents).map(async ([name, text]) => {
        const path = at('dcp', name);
        return { path, sha1: sha1(text), ...stateOf(await stat(path)) };
      }),
    );
    await table.addHashed(files, later());
    const lookedAt = async () => {
      const { same } = (await table.ask('compare', at('dcp'), await readdir(at('dcp')), later())) ?? {};
      return { same, waiting: (await table.stats()).waiting };
    };
    return { files, hashed: files.map(({ path }) => path), lookedAt };
  };

  it('holds from the next question on, whatever is appended, rewritten, cut or taken back; also over kills between text and database', async function () {
    this.timeout(120_000);
    const name = fc.constantFrom('a', 'b', 'sub/c', '声 "1"\\');
    const entry = fc.tuple(fc.constantFrom(...CONTENTS), name);
    const step = fc.record({
      what: fc.constantFrom('add', 'drop', 'append', 'rewrite', 'strike', 'forget', 'kill', 'remove'),
      entries: fc.array(entry, { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), steps =>
        inTemporaryDirectory(async root => {
          const text = join(root, 'table.txt');
          const place = { path: text, storage: join(root, 'dcp') };
          await writeFiles(place.storage, { a: 'film', b: 'firm', 'sub/c': 'farm', '声 "1"\\': 'film' });
          let table = new HashTable({ log: silentLog }, () => place);
          const now = () => readFile(text, 'utf8').catch(() => '');
          for (const { what, entries } of steps) {
            const rows = entries.map(([content, name]) => ({ sha1: sha1(content), path: join(place.storage, name) }));
            const lines = rows.map(({ sha1, path }) => `${sha1}  ${path}\n`);
            const before = await now();
            if (what === 'add') await table.add(rows);
            if (what === 'drop') await table.drop(rows);
            if (what === 'append') await appendFile(text, lines.join(''));
            if (what === 'rewrite') await writeFile(text, lines.join(''));
            if (what === 'remove') await rm(text, { force: true });
            if (what === 'strike') await writeFile(text, before.split('\n').slice(1).join('\n'));
            if (what === 'forget' || what === 'kill') {
              await table.stop();
              if (what === 'forget') await rm(join(root, 'table.idx'), { force: true });
              // The text was written, the database knows nothing of it.
              else await appendFile(text, lines.join(''));
              table = new HashTable({ log: silentLog }, () => place);
            }
            const said = saidBy(await now());
            if (what === 'add') for (const { sha1, path } of rows.slice(-1)) assert.equal(said[path], sha1);
            if (what === 'drop') for (const { sha1, path } of rows) assert.notEqual(said[path], sha1);
            assert.deepEqual(await told(table), said, what);
          }
          await table.stop();
        }),
      ),
      { numRuns: 10 },
    );
  });

  it('an older database beside a newer text: the text counts, after a power cut too', async () => {
    await writeFiles(at('dcp'), { a: 'film', b: 'firm' });
    await table.add([{ sha1: sha1('film'), path: at('dcp/a') }]);
    await table.stop();
    await cp(at('hashtable.idx'), at('older'));
    table = open();
    await table.add([{ sha1: sha1('firm'), path: at('dcp/b') }]);
    await table.drop([{ sha1: sha1('film'), path: at('dcp/a') }]);
    await table.stop();
    await rename(at('older'), at('hashtable.idx'));
    table = open();
    assert.deepEqual(await told(table), { [at('dcp/b')]: sha1('firm') });
  });

  it('bad rows are passed over, counted and told once; the good ones are used', async () => {
    await writeFiles(at('dcp'), { a: 'film' });
    await writeFile(path(), `# mine\n\n${row('film', at('dcp/a'))}xyz  /a\n\xff`, 'latin1');
    assert.deepEqual(await told(table), { [at('dcp/a')]: sha1('film') });
    assert.deepEqual(await told(table), { [at('dcp/a')]: sha1('film') });
    assert.deepEqual(
      warned.map(({ rows }) => rows),
      [3],
    );
    const { rows, badLines, deadLines } = await table.stats();
    assert.deepEqual([rows, badLines, deadLines], [1, 3, 0]);
  });

  it('dead lines stay until they are a sixteenth of a large text, and do not come back when people write to it', async () => {
    await writeFiles(at('dcp'), { a: 'film', b: 'firm' });
    const far = Array.from({ length: 20_000 }, (_, n) => row('far', `/elsewhere/${n}`)).join('');
    await writeFile(path(), row('film', at('dcp/a')) + row('firm', at('dcp/b')) + far);
    await table.drop([{ sha1: sha1('film'), path: at('dcp/a') }]);
    assert.equal((await table.stats()).deadLines, 1);
    await appendFile(path(), row('far', '/elsewhere/more'));
    assert.deepEqual(await told(table), { [at('dcp/b')]: sha1('firm') });
    await table.stop();
    table = open();
    assert.deepEqual(await told(table), { [at('dcp/b')]: sha1('firm') });
    await table.add([{ sha1: sha1('film'), path: at('dcp/a') }]);
    assert.deepEqual((await table.stats()).deadLines, 0);
    assert.equal(Object.keys(await told(table)).length, 2);
    const many = Array.from({ length: 2000 }, (_, n) => ({ sha1: sha1('far'), path: `/elsewhere/${n}` }));
    const { size } = await stat(path());
    await table.drop(many);
    assert.ok((await stat(path())).size < size);
    const { rows, deadLines } = await table.stats();
    assert.deepEqual([rows, deadLines], [18_003, 0]);
  });

  it('two processes write at once: no row is lost (the daemon and the command line)', async () => {
    const other = open();
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, 'film']));
    await writeFiles(at('dcp'), files);
    const rows = Object.keys(files).map(name => ({ sha1: sha1('film'), path: at('dcp', name) }));
    await Promise.all(rows.map((row, n) => (n % 2 === 0 ? table : other).add([row])));
    await other.stop();
    assert.equal((await table.stats()).rows, 40);
    assert.equal((await readFile(path(), 'utf8')).split('\n').length, 41);
  });

  it('a damaged line strikes nothing out: its file comes back, unread; with it, or with a comment, people still strike out (BH-04)', async () => {
    const { hashed, lookedAt } = await threeHashed();
    const text = await readFile(path());
    text[5] = 0;
    await writeFile(path(), text);
    assert.equal((await table.find(WANTED)).size, 2);
    assert.equal((await table.stats()).badLines, 1);
    assert.deepEqual(await lookedAt(), { same: 3, waiting: 0 });
    // The lines are now: what cannot be read, firm, farm, film.
    const lines = (await readFile(path(), 'latin1')).split('\n');
    await writeFile(path(), lines.toSpliced(1, 1).join('\n'), 'latin1');
    assert.deepEqual(await lookedAt(), { same: 2, waiting: 0 });
    assert.equal((await table.stats()).struckOut, 1);
    assert.equal((await table.known(hashed)).size, 2);
  });

  it('a byte order mark before the first line is passed over', async () => {
    await writeFiles(at('dcp'), { a: 'film' });
    await writeFile(path(), `\ufeff${row('film', at('dcp/a'))}`);
    assert.deepEqual(await told(table), { [at('dcp/a')]: sha1('film') });
    assert.deepEqual(warned, []);
  });

  it('what went in a look at everything is known when it comes back after it', async () => {
    const { lookedAt } = await threeHashed();
    await rename(at('dcp'), at('away'));
    await mkdir(at('dcp'));
    await table.ask('sweep', at('dcp'), 0, '');
    await table.ask('compact');
    assert.equal(await readFile(path(), 'utf8'), '');
    await table.ask('purge');
    await rm(at('dcp'), { recursive: true });
    await rename(at('away'), at('dcp'));
    await rename(at('dcp/a'), at('dcp/moved'));
    await utimes(at('dcp/b'), 1, 1);
    // To be renamed by itself is a change of a file.
    assert.deepEqual(await lookedAt(), { same: 1, waiting: 2 });
    await table.ask('purge');
    assert.deepEqual((await table.stats()).rows, 1);
  });

  it('what is struck out while it is hashed stays out until it changes, or is wanted (BH-04)', async () => {
    const { hashed, files } = await threeHashed();
    await writeFile(path(), '');
    await table.addHashed(files, later());
    assert.equal((await table.known(hashed)).size, 0);
    await table.addHashed([{ ...files[0]!, ctimeMs: 1 }], later());
    assert.equal((await table.stats()).rows, 1);
    // Of a row that somebody told, the file was not known.
    await writeFile(path(), row('farm', at('dcp/c')));
    assert.equal((await table.stats()).rows, 1);
    await writeFile(path(), '');
    await table.addHashed(files.slice(1), later());
    assert.equal((await table.stats()).rows, 0);
    await table.addHashed(files, later(), true);
    assert.equal((await table.known(hashed)).size, 3);
  });

  it('a compaction leaves the text its owner and rights', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await writeFiles(at('dcp'), { a: 'film' });
    const one = { sha1: sha1('film'), path: at('dcp/a') };
    await table.add([one]);
    await chmod(path(), 0o666);
    await chown(path(), 1234, 2345);
    await table.drop([one]);
    const { uid, gid, mode, size } = await stat(path());
    assert.deepEqual([uid, gid, mode & 0o777, size], [1234, 2345, 0o666, 0]);
  });

  it('two processes purge, drop and enter in turn: each row stands below its own directory, and no dead line counts twice', async () => {
    const other = open();
    const at_ = (name: string) => at('dcp', name);
    await writeFiles(at('dcp'), { 'x/f': 'film', 'y/f': 'firm' });
    await table.add([{ sha1: sha1('farm'), path: at_('x/gone') }]);
    for (const call of ['compact', 'purge'] as const) {
      await other.ask('sweep', at_('x'), 0, '');
      await other.ask(call);
    }
    await other.ask('purge');
    // It gets the number that the other directory had.
    await other.add([{ sha1: sha1('firm'), path: at_('y/f') }]);
    await table.add([{ sha1: sha1('film'), path: at_('x/f') }]);
    assert.deepEqual(await told(other), { [at_('x/f')]: sha1('film'), [at_('y/f')]: sha1('firm') });
    const far = Array.from({ length: 30_000 }, (_, n) => row('far', `/elsewhere/${n}`)).join('');
    await appendFile(path(), far);
    await rm(at_('x'), { recursive: true });
    await rm(at_('y'), { recursive: true });
    const drops = ['x', 'y'].flatMap(name =>
      [table, other].map(one => one.ask('forget', at_(name), undefined).then(forgot => forgot?.dropped ?? 0)),
    );
    assert.equal(
      (await Promise.all(drops)).reduce((sum, dropped) => sum + dropped),
      2,
    );
    assert.equal((await table.stats()).deadLines, 2);
    await other.stop();
  });

  it('a directory that is gone loses all its rows, however many, and its neighbours none', async () => {
    const names = ['film/', 'film/a/', 'film/b/c/', 'film!/', 'film0/', 'fil/'];
    const rows = names.flatMap(name =>
      Array.from({ length: 600 }, (_, n) => ({ sha1: sha1('far'), path: at('dcp', `${name}${n}`) })),
    );
    await table.add(rows);
    let dropped = 0;
    for (let after: LastRow | undefined, isOver = false; !isOver; isOver = after === undefined) {
      const forgot: { dropped: number; next: LastRow | undefined } | undefined = await table.ask(
        'forget',
        at('dcp/film'),
        after,
      );
      dropped += forgot?.dropped ?? 0;
      after = forgot?.next;
    }
    assert.equal(dropped, 1800);
    const left = ((await table.ask('judge', 0)) ?? []).map(({ path }) => path);
    assert.ok(left.every(path => !path.startsWith(at('dcp/film/'))));
    assert.equal((await table.stats()).rows, 1800);
  });

  it('BC-42: is not used by a node of another kind until it is made anew, and the log says so once', async () => {
    await writeFiles(at('dcp'), { a: 'film' });
    await writeFile(path(), row('film', at('dcp/a')));
    await table.stop();
    table = open('receiver, plan A');
    assert.equal((await table.find(WANTED)).size, 1);
    await table.stop();
    table = open('receiver, plan B');
    assert.equal((await table.find(WANTED)).size, 0);
    assert.equal((await table.known([at('dcp/a')])).size, 0);
    await table.add([{ sha1: sha1('firm'), path: at('dcp/a') }]);
    assert.equal(await readFile(path(), 'utf8'), row('film', at('dcp/a')));
    assert.deepEqual(
      warned.map(({ code }) => code),
      ['HASHTABLE_FOREIGN'],
    );
    const maker = open();
    await maker.ask('rebuilt', 'receiver, plan B');
    await maker.stop();
    // Without a restart.
    assert.equal((await table.find(WANTED)).size, 1);
  });
});
