import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, lstat, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { stateOf } from '../../src/disk/file-state.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const sha1 = (bytes: string | Uint8Array) => createHash('sha1').update(bytes).digest('hex');
/** Seconds since 1970. */
const PAST = 1_500_000_000;
/** As if the files had been quiet for long. */
const later = () => Date.now() + 60_000;

describe('hash table: files that are known (BG-02, decision 28)', () => {
  const at = temporaryDirectory();
  let warned: unknown[];
  let table: HashTable;
  const path = () => at('hashtable.txt');
  const sidecar = () => at('hashtable.idx');

  beforeEach(async () => {
    await mkdir(at('dcp'));
    warned = [];
    open();
  });
  afterEach(() => table.stop());

  const open = () => {
    const log = Object.assign(Object.create(silentLog) as Logger, { warn: (context: unknown) => warned.push(context) });
    table = new HashTable({ log }, () => ({ path: path(), storage: at('dcp') }));
  };
  /** As after a restart; `meanwhile` is what happens to the files of the table. */
  const reopen = async (meanwhile: () => Promise<unknown> = () => Promise.resolve()) => {
    await table.stop();
    await meanwhile();
    open();
  };

  /** After it, whatever changes has another time than what changed before. */
  async function tick(): Promise<void> {
    await writeFile(at('clock'), '');
    const { ctimeMs } = await stat(at('clock'));
    while ((await stat(at('clock'))).ctimeMs === ctimeMs) await writeFile(at('clock'), '');
  }
  const store = async (name: string, text: string) => {
    await writeFile(at('dcp', name), text);
    // Without fractions a time can be set back exactly.
    await utimes(at('dcp', name), PAST, PAST);
    return at('dcp', name);
  };
  /** As a making does: listed, hashed, found unchanged, entered. */
  async function hash(...paths: string[]): Promise<void> {
    await tick();
    const files = paths.map(async path => {
      const state = stateOf(await lstat(path));
      return { path, ...state, sha1: sha1(await readFile(path)) };
    });
    await table.addHashed(await Promise.all(files), later());
  }
  const isKnown = async (path: string) => (await table.known([path])).has(path);
  const setBack = async (path: string, change: () => Promise<unknown>) => {
    await change();
    await utimes(path, PAST, PAST);
  };

  it('gives the SHA-1 of what it was asked for, also after a restart; nothing is known without table or sidecar', async () => {
    const [a, b, c] = [await store('a', 'film'), await store('声音 "1"\\', 'x'), await store('c', '')] as const;
    assert.equal((await table.known([a, b, c])).size, 0);
    await hash(a, b, c);
    await reopen();
    assert.deepEqual(
      await table.known([c, b, at('dcp', 'other')]),
      new Map([b, c].map((path, index) => [path, sha1(['x', ''][index] ?? '')])),
    );
    await reopen(() => rename(sidecar(), at('away')));
    assert.equal((await table.known([a, b, c])).size, 0);
    await reopen(() => rename(at('away'), sidecar()));
    assert.equal((await table.known([a, b, c])).size, 3);
    await rm(path());
    assert.equal((await table.known([a, b, c])).size, 0);
  });

  it('does not know a file that another row-writer entered', async () => {
    const a = await store('a', 'film');
    await table.add([{ path: a, sha1: sha1('film') }]);
    assert.equal(await isKnown(a), false);
  });

  const CHANGES: Record<string, (path: string) => Promise<unknown>> = {
    'other bytes of the same size, time set back': path => setBack(path, () => writeFile(path, 'firm')),
    'longer, time set back': path => setBack(path, () => appendFile(path, '!')),
    'another time': path => utimes(path, 1, 1),
    'another file of the same size and time by rename': async path => {
      await setBack(at('other'), () => writeFile(at('other'), 'firm'));
      await rename(at('other'), path);
    },
    'gone and come back': path => setBack(path, () => rm(path).then(() => writeFile(path, 'film'))),
    gone: path => rm(path),
    'a directory': path => rm(path).then(() => mkdir(path)),
    'below a file': async path => {
      await rm(at('dcp/sub'), { recursive: true });
      await writeFile(at('dcp/sub'), path);
    },
  };
  for (const [what, change] of Object.entries(CHANGES)) {
    it(`does not know a file that is not what it was: ${what}`, async () => {
      await mkdir(at('dcp/sub'));
      const [a, b] = [await store('sub/a', 'film'), await store('b', 'film')];
      await hash(a, b);
      await tick();
      await change(a);
      assert.deepEqual([...(await table.known([a, b])).keys()], [b]);
    });
  }

  it('compares all that is noted', async () => {
    const a = await store('a', 'film');
    await hash(a);
    const change = (sql: string) => {
      const database = new DatabaseSync(sidecar());
      database.exec(`UPDATE file SET ${sql}`);
      database.close();
    };
    for (const column of ['size', 'mtime', 'ctime', 'ino']) {
      change(`${column} = ${column} + 1`);
      assert.equal(await isKnown(a), false, column);
      assert.equal((await table.find(new Map([[sha1('film'), 4]]))).size, 0, column);
      change(`${column} = ${column} - 1`);
    }
    assert.equal(await isKnown(a), true);
  });

  it('does not know by a sidecar in which a bit turned over, and is put right', async () => {
    const a = await store('a', 'film');
    await hash(a);
    const hex = Buffer.from(sha1('film'), 'hex');
    let turned = 0;
    await reopen(async () => {
      const bytes = await readFile(sidecar());
      for (let at = bytes.indexOf(hex); at >= 0; at = bytes.indexOf(hex, at + 1), turned++) bytes[at]! ^= 1;
      await writeFile(sidecar(), bytes);
    });
    assert.ok(turned > 0);
    assert.equal((await table.known([a])).size, 0);
    assert.equal((await table.ask('compare', at('dcp'), ['a'], later()))?.same, 0);
    assert.equal((await table.ask('next', 0))?.path, a);
    await hash(a);
    assert.equal((await table.known([a])).get(a), sha1('film'));
  });

  it('does not know what people removed from the table, or gave another hash', async () => {
    const [a, b] = [await store('a', 'film'), await store('b', 'more')];
    await hash(a, b);
    const rows = await readFile(path(), 'utf8');
    await writeFile(path(), rows.replace(sha1('film'), sha1('firm')));
    assert.deepEqual([await isKnown(a), await isKnown(b)], [false, true]);
    await writeFile(path(), rows.slice(rows.indexOf('\n') + 1));
    assert.deepEqual([await isKnown(a), await isKnown(b)], [false, true]);
    await writeFile(path(), rows);
    // Of the one that bore another hash meanwhile nothing is believed.
    assert.deepEqual([await isKnown(a), await isKnown(b)], [false, true]);
    await hash(a);
    await writeFile(path(), rows.slice(rows.indexOf('\n') + 1));
    await writeFile(path(), rows);
    assert.deepEqual([await isKnown(a), await isKnown(b)], [true, true]);
  });

  it('notes nothing of a file that changed within the two seconds before it was hashed', async () => {
    const a = await store('a', 'film');
    const file = { path: a, sha1: sha1('film'), ...stateOf(await lstat(a)) };
    for (const begun of [file.ctimeMs - 1, file.ctimeMs, file.ctimeMs + 2000]) {
      await table.addHashed([file], begun);
      assert.equal(await isKnown(a), false);
    }
    await table.addHashed([file], file.ctimeMs + 2001);
    assert.equal(await isKnown(a), true);
  });

  it('knows nothing wrong by a sidecar that is torn anywhere, says so, and goes on with it', async function () {
    this.timeout(120_000);
    const paths = [await store('a', 'film'), await store('片', 'more'), await store('c', 'x')];
    const [a = '', b = '', c = ''] = paths;
    const all = new Map([
      [a, sha1('film')],
      [b, sha1('more')],
      [c, sha1('x')],
    ]);
    await hash(a, b);
    await table.stop();
    const whole = await readFile(sidecar());
    const sizes = [0, 1, 15, 16, 99, 100, 512, 4095];
    for (let size = 4096; size < whole.length; size += 4096) sizes.push(size);
    for (const size of sizes) {
      await reopen(() => writeFile(sidecar(), whole.subarray(0, size)));
      for (const [path, known] of await table.known(paths)) assert.equal(known, all.get(path), String(size));
      assert.deepEqual([...(await table.find(new Map([[sha1('film'), 4]]))).values()], [[a]]);
      await hash(a, b, c);
      assert.deepEqual(await table.known(paths), all, String(size));
    }
    assert.ok(warned.length > 3);
  });

  it('begins a sidecar anew that is none, the older form included, and says so: that costs hashing only', async () => {
    const a = await store('a', 'film');
    await hash(a);
    const older = JSON.stringify({ path: a, sha1: sha1('film'), ...stateOf(await lstat(a)) });
    for (const text of [`${older}\n`, 'x'.repeat(100_000), '\0\xff']) {
      await reopen(() => writeFile(sidecar(), text));
      assert.equal(await isKnown(a), false);
      assert.deepEqual(await table.find(new Map([[sha1('film'), 4]])), new Map([[sha1('film'), [a]]]));
      await hash(a);
      assert.equal(await isKnown(a), true);
    }
    assert.deepEqual(
      warned.map(context => (context as { why: string }).why),
      Array.from({ length: 3 }, () => 'file is not a database'),
    );
  });

  it('notices a sidecar that is removed while it is open', async () => {
    const a = await store('a', 'film');
    await hash(a);
    await rm(sidecar());
    assert.equal(await isKnown(a), false);
    await hash(a);
    assert.equal(await isKnown(a), true);
  });

  it('knows nothing, and the log says so, when the sidecar cannot be opened', async () => {
    const a = await store('a', 'film');
    await hash(a);
    await reopen(async () => {
      await rm(sidecar());
      await mkdir(sidecar());
    });
    assert.equal(await isKnown(a), false);
    assert.deepEqual(
      warned.map(context => (context as { hashtable: string }).hashtable),
      [path()],
    );
    await assert.rejects(hash(a), { code: 'ERR_SQLITE_ERROR' });
  });

  it('never says anything of a file that its bytes do not have, whatever is done to files, rows and sidecar', async function () {
    this.timeout(20_000);
    const text = fc.constantFrom('film', 'firm');
    const file = fc.constantFrom('a', 'b');
    const step = fc.oneof(
      fc.tuple(fc.constant('hash' as const), file, text),
      fc.tuple(fc.constantFrom('write' as const, 'put' as const, 'row' as const), file, text),
      fc.tuple(fc.constantFrom('swap' as const, 'unrow' as const, 'tear' as const), file, text),
    );
    const run = {
      hash: (path: string) => hash(path),
      write: (path: string, text: string) => setBack(path, () => writeFile(path, text)),
      put: async (path: string, text: string) => {
        await setBack(at('new'), () => writeFile(at('new'), text));
        await rename(at('new'), path);
      },
      row: (path: string, text: string) => table.add([{ path, sha1: sha1(text) }]),
      swap: async () => {
        for (const [from, to] of [
          ['dcp/a', 'x'],
          ['dcp/b', 'dcp/a'],
          ['x', 'dcp/b'],
        ] as const)
          await rename(at(from), at(to));
      },
      unrow: (path: string) =>
        readFile(at('hashtable.txt'), 'utf8').then(rows =>
          writeFile(
            at('hashtable.txt'),
            rows
              .split('\n')
              .filter(row => !row.endsWith(path))
              .join('\n'),
          ),
        ),
      tear: (_: string, text: string) =>
        reopen(async () => {
          const bytes = await readFile(sidecar());
          await writeFile(sidecar(), bytes.subarray(0, (bytes.length * text.charCodeAt(2)) / 120));
        }),
    };
    let said = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async steps => {
        const paths = [await store('a', 'film'), await store('b', 'film')];
        await hash(...paths);
        for (const [what, name, text] of steps) {
          await tick();
          await run[what](at('dcp', name), text);
          for (const [path, known] of await table.known(paths)) {
            assert.equal(known, sha1(await readFile(path)));
            said += 1;
          }
        }
      }),
      { numRuns: 60 },
    );
    assert.ok(said > 100, String(said));
  });
});
