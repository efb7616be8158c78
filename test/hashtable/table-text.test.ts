import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { appendLines } from '../../src/hashtable/table-text.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

describe('hash table: the text on a disk that is full', () => {
  const at = temporaryDirectory();

  it('lines that do not fit leave nothing of them behind', async function () {
    await mkdir(at('disk'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at('disk')], { stdio: 'ignore' });
    } catch {
      return this.skip();
    }
    try {
      const text = at('disk/hashtable.txt');
      await writeFile(text, 'a line\n');
      const lines = Array.from({ length: 3000 }, (_, n) => `${n} is a line that is written\n`);
      assert.throws(() => appendLines(text, lines), { code: 'ENOSPC' });
      assert.equal(await readFile(text, 'utf8'), 'a line\n');
      assert.ok(appendLines(text, lines.slice(0, 5)));
      assert.equal(await readFile(text, 'utf8'), `a line\n${lines.slice(0, 5).join('')}`);
    } finally {
      execFileSync('umount', ['--lazy', at('disk')]);
    }
  });
});
