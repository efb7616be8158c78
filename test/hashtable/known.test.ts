import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, lstat, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
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
    const log = Object.assign(Object.create(silentLog) as Logger, { warn: (context: unknown) => warned.push(context) });
    table = new HashTable({ log }, () => ({ path: path(), storage: at('dcp') }));
  });

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
    table = new HashTable({ log: silentLog }, () => ({ path: path(), storage: at('dcp') }));
    assert.deepEqual(
      await table.known([c, b, at('dcp', 'other')]),
      new Map([b, c].map((path, index) => [path, sha1(['x', ''][index] ?? '')])),
    );
    await rename(sidecar(), at('away'));
    assert.equal((await table.known([a, b, c])).size, 0);
    await rename(at('away'), sidecar());
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
    const good = await readFile(sidecar(), 'utf8');
    const entry = JSON.parse(good) as Record<string, number>;
    for (const key of ['size', 'mtimeMs', 'ctimeMs', 'ino']) {
      await writeFile(sidecar(), `${JSON.stringify({ ...entry, [key]: (entry[key] ?? 0) + 1 })}\n`);
      assert.equal(await isKnown(a), false, key);
    }
    await writeFile(sidecar(), good);
    assert.equal(await isKnown(a), true);
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

  it('takes of a sidecar that is torn at any byte what is whole, and goes on with it', async () => {
    const paths = [await store('a', 'film'), await store('片', 'more'), await store('c', 'x')];
    const [a = '', b = '', c = ''] = paths;
    await hash(a);
    const first = (await stat(sidecar())).size;
    await hash(b);
    const whole = await readFile(sidecar());
    for (let size = 0; size <= whole.length; size++) {
      await writeFile(sidecar(), whole.subarray(0, size));
      // Only the newline may be missing.
      const right = [a, b].filter((_, index) => size >= [first, whole.length][index]! - 1);
      assert.deepEqual([...(await table.known(paths)).keys()], right, String(size));
      if (size % 7 !== 0) continue;
      await hash(c);
      assert.deepEqual([...(await table.known(paths)).keys()], [...right, c], String(size));
    }
  });

  it('passes over damaged lines and takes the last one of a path', async () => {
    const a = await store('a', 'film');
    await hash(a);
    const good = await readFile(sidecar(), 'utf8');
    const entry = JSON.parse(good) as Record<string, unknown>;
    const bad = ['', 'x', 'null', '[]', '{}', '{"__proto__":{}}', '['.repeat(5000), 'x'.repeat(100_000), '\0\xff'];
    for (const key of Object.keys(entry)) bad.push(JSON.stringify({ ...entry, [key]: null }));
    await writeFile(sidecar(), `${bad.join('\n')}\n${good}${bad.join('\n')}\n`);
    assert.deepEqual(await table.known([a]), new Map([[a, sha1('film')]]));
    await appendFile(sidecar(), `${JSON.stringify({ ...entry, sha1: sha1('firm') })}\n`);
    assert.equal(await isKnown(a), false);
  });

  it('knows nothing, and the log says so, when the sidecar cannot be read', async () => {
    const a = await store('a', 'film');
    await hash(a);
    await rm(sidecar());
    await mkdir(sidecar());
    assert.equal(await isKnown(a), false);
    assert.deepEqual(
      warned.map(context => (context as { hashtable: string }).hashtable),
      [path()],
    );
    await assert.rejects(hash(a), { code: 'EISDIR' });
  });

  it('writes the sidecar anew when it has grown to twice what is alive: the last of each path whose row stands', async () => {
    const [a, b, gone] = [await store('a', 'film'), await store('b', 'more'), await store('gone', 'x')] as const;
    await hash(gone, a, b);
    const rows = (await readFile(path(), 'utf8')).split('\n');
    await writeFile(path(), rows.filter(row => !row.endsWith('gone')).join('\n'));
    const file = { path: a, sha1: sha1('film'), ...stateOf(await lstat(a)) };
    let largest = 0;
    let shrunk = 0;
    for (let size = 0; shrunk < 2; ) {
      await table.addHashed(
        Array.from({ length: 300 }, () => file),
        later(),
      );
      const now = (await stat(sidecar())).size;
      if (now < size) shrunk += 1;
      if (now < size) assert.equal((await readFile(sidecar(), 'utf8')).trim().split('\n').length, 2);
      size = now;
      largest = Math.max(largest, size);
    }
    assert.ok(largest < 200_000, String(largest));
    assert.deepEqual([...(await table.known([a, b, gone])).keys()].toSorted(), [a, b]);
    assert.equal((await readFile(sidecar(), 'utf8')).includes('gone'), false);
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
      tear: async (_: string, text: string) => {
        const bytes = await readFile(sidecar());
        await writeFile(sidecar(), bytes.subarray(0, bytes.length - text.charCodeAt(2)));
      },
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
