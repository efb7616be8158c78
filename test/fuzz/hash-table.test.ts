import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstat, realpath, symlink, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { silentLog } from '../../src/core/log.ts';
import { isInside } from '../../src/disk/inside.ts';
import { HashTable } from '../../src/hashtable/hash-table.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { runsOf } from './fuzz.ts';
import { mutatedBytes } from './mutated.ts';

const SIZE = 4;
const hashOf = (text: string) => createHash('sha1').update(text).digest('hex');
const WANTED = new Map([hashOf('a'), hashOf('b')].map(hash => [hash, SIZE]));
const RUNS = runsOf(200);

describe('fuzz: the hash table', () => {
  const at = temporaryDirectory();

  it(`BH-05 damaged tables: ${RUNS.numRuns} inputs`, async function () {
    this.timeout(60_000 + 100 * RUNS.numRuns);
    await writeFiles(at('storage'), { a: 'aaaa', 'sub/声音 1.mxf': 'bbbb' });
    await writeFiles(at('outside'), { a: 'aaaa' });
    await symlink(at('outside'), at('storage/link'));
    await symlink(at('outside/a'), at('storage/leads-out'));
    const paths = [
      'storage/a',
      'storage/sub/声音 1.mxf',
      'outside/a',
      'storage/link/a',
      'storage/leads-out',
      'storage',
    ];
    const rows = [...WANTED.keys()].flatMap(hash => paths.map(path => `${hash}  ${at()}/${path}\n`));
    const words = [
      `${at()}/storage/../outside/a`,
      ' *',
      '  ',
      '\r\n',
      ...WANTED.keys(),
      ...paths.map(path => at(path)),
    ];
    const table = new HashTable({ log: silentLog }, () => ({ path: at('table'), storage: at('storage') }));
    const tables = mutatedBytes([rows.join(''), rows.toReversed().join('')], words);
    const property = fc.asyncProperty(tables, async bytes => {
      await writeFile(at('table'), bytes);
      const found = [...(await table.find(WANTED)).entries()];
      for (const [hash, copies] of found) {
        assert.ok(WANTED.has(hash) && copies.length <= 16 && new Set(copies).size === copies.length);
        for (const copy of copies) {
          assert.ok(isInside(at('storage'), await realpath(copy)), copy);
          const info = await lstat(copy);
          assert.ok(info.isFile() && info.size === SIZE, copy);
        }
      }
    });
    await fc.assert(property, RUNS);
  });
});
