import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { silentLog } from '../../src/core/log.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { inspectTable } from '../../src/hashtable/inspect-table.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const SHA1 = 'a'.repeat(40);

describe('hashtable: a look from outside', () => {
  const at = temporaryDirectory();
  const table = () =>
    new HashTable({ log: silentLog }, () => ({ path: at('t/table.txt'), storage: at(), builtFor: 'sender' }));
  const text = (lines: string) => writeFile(at('t/table.txt'), lines);
  beforeEach(() => mkdir(at('t')));

  /** Names, sizes and times of everything. */
  async function everything(): Promise<unknown[]> {
    const names = await readdir(at('t'));
    const look = async (name: string) => {
      const { size, mtimeMs, ino } = await stat(at('t', name));
      return [name, size, mtimeMs, ino];
    };
    return await Promise.all(names.sort().map(look));
  }

  async function inspected() {
    const before = await everything();
    const found = inspectTable(at('t/table.txt'));
    assert.deepEqual(await everything(), before);
    return found;
  }

  it('makes neither text nor database', async () => {
    assert.equal(await inspected(), undefined);
    await text(`\uFEFF${SHA1}  /a\n${SHA1}  /b\nnonsense\n\n`);
    assert.deepEqual(await inspected(), { rows: 2, badLines: 1, builtFor: undefined, trouble: undefined });
  });

  it('knows what it was built for, beside one that has it open and after it', async () => {
    const open = table();
    await open.add([{ sha1: SHA1, path: at('film') }]);
    assert.equal((await inspected())?.builtFor, 'sender');
    await open.stop();
    assert.equal((await inspected())?.builtFor, 'sender');
    // What people wrote is read, and left to the daemon to take in.
    await text(`${SHA1}  /a\n${SHA1}  /b\n`);
    assert.deepEqual(await inspected(), { rows: 2, badLines: 0, builtFor: 'sender', trouble: undefined });
  });

  it('a damaged database stays, and is told of', async () => {
    await text(`${SHA1}  /a\n`);
    await writeFile(at('t/table.idx'), 'no database at all, and long enough to be looked at');
    assert.match((await inspected())?.trouble ?? '', /not a database/);
    await rm(at('t/table.idx'));
    await writeFile(at('t/table.idx'), '');
    assert.notEqual((await inspected())?.trouble, undefined);
  });
});
