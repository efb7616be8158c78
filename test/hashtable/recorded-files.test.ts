import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { recordedFiles } from '../../src/hashtable/recorded-files.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const FILES = { 'a/f': 'a', 'b/f': 'b', 'c/f': 'c', 'd/f': 'd', e: 'e' };

describe('files that belong into the table (decision 29)', () => {
  const at = temporaryDirectory();
  let told: unknown[];

  /** Gives all files, and has each directory changed just before it is opened. */
  const list = async (root: string, change: (directory: string) => void) => {
    const isExcluded = (directory: string) => {
      change(directory);
      return false;
    };
    const onUnread = (directory: string, why: string) => told.push(directory, why);
    const where = { storage: at('dcp'), path: at('hashtable.txt'), isExcluded };
    const files: string[] = [];
    for await (const file of recordedFiles(root, where, { onUnread, onBadNames: count => told.push(count) }))
      files.push(file);
    return files.sort();
  };
  /** A link to itself, which cannot be opened. */
  const loop = (path: string) => {
    renameSync(path, `${path}.old`);
    symlinkSync(path, path);
  };

  beforeEach(async () => {
    told = [];
    await writeFiles(at('dcp'), FILES);
  });

  it('are given without those of a directory that vanishes, or cannot be opened, which is told', async () => {
    const [gone, file, unread] = [at('dcp', 'a'), at('dcp', 'b'), at('dcp', 'c')];
    const files = await list(at('dcp'), directory => {
      if (directory === gone || directory === file) rmSync(directory, { recursive: true });
      if (directory === file) writeFileSync(directory, '');
      if (directory === unread) loop(directory);
    });
    assert.deepEqual(files, [at('dcp', 'd', 'f'), at('dcp', 'e')]);
    assert.equal(told.length, 2);
    assert.equal(told[0], unread);
    assert.match(String(told[1]), /^ELOOP: .*opendir/);
  });

  it('are refused when the path itself cannot be opened', async () => {
    const path = at('dcp', 'd');
    const listing = list(path, loop);
    await assert.rejects(listing, { code: 'SOURCE_UNREADABLE', message: /d: ELOOP/ });
  });

  it('are given without those whose names are no UTF-8, however deep; how many is told once', async () => {
    for (const bad of [Buffer.from([0x80]), Buffer.from([0xff, 0x61])])
      for (const path of [at('dcp'), at('dcp', 'a')]) writeFileSync(Buffer.concat([Buffer.from(`${path}/`), bad]), '');
    assert.equal((await list(at('dcp'), () => {})).length, 5);
    assert.deepEqual(told, [4]);
    assert.deepEqual(await list(at('dcp', 'a', '\ufffd'), assert.fail), []);
    assert.deepEqual(told, [4, 1]);
  });
});
