import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import {
  makeDirectory,
  removeDurable,
  removeTemporaries,
  renameDurable,
  syncDirectory,
  syncFile,
  writeAfresh,
  writeDurable,
} from '../../src/disk/durable.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

describe('disk: durable files', () => {
  const at = temporaryDirectory();

  it('writes a file whole, with its mode, and leaves nothing else', async () => {
    await writeDurable(at('task'), 'text', 0o600);
    await writeDurable(at('bytes'), Uint8Array.of(0, 255));
    assert.equal(await readFile(at('task'), 'utf8'), 'text');
    assert.deepEqual([...(await readFile(at('bytes')))], [0, 255]);
    assert.equal((await stat(at('task'))).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(at())).toSorted(), ['bytes', 'task']);
  });

  it('replaces the content whole: a reader sees the old or the new file, never half of one', async () => {
    const versions = Array.from({ length: 30 }, (_, version) => String(version % 10).repeat(1 + version * 20_000));
    await writeDurable(at('task'), versions[0] ?? '');
    const writing = { done: false };
    const writer = (async () => {
      for (const version of versions) await writeDurable(at('task'), version);
      writing.done = true;
    })();
    while (!writing.done) assert.ok(versions.includes(await readFile(at('task'), 'utf8')));
    await writer;
  });

  it('keeps the old file and removes the temporary one when it fails', async () => {
    await mkdir(at('taken'));
    await assert.rejects(writeDurable(at('taken'), 'x'), { code: 'EISDIR' });
    await assert.rejects(writeDurable(at('missing', 'file'), 'x'), { code: 'ENOENT' });
    await writeFile(at('old'), 'old');
    const notBytes = { length: 3 } as Uint8Array;
    await assert.rejects(writeDurable(at('old'), notBytes));
    assert.equal(await readFile(at('old'), 'utf8'), 'old');
    assert.deepEqual((await readdir(at())).toSorted(), ['old', 'taken']);
  });

  it('writes files whose names are as long as names can be, in any script', async () => {
    const names = ['a'.repeat(255), '片'.repeat(85), '🎬'.repeat(63)];
    for (const name of names) await writeDurable(at(name), name);
    assert.deepEqual((await readdir(at())).toSorted(), names.toSorted());
  });

  it('removes what an interrupted write left, and nothing else', async () => {
    const kept = [
      'x.task.json',
      'x.tmp',
      '.x.tmp',
      '.0123456789ab.tmp',
      '.x.0123456789ab.tmp.keep',
      'x.0123456789ab.tmp',
    ];
    const left = ['.x.task.json.0123456789ab.tmp', '.片.ffffffffffff.tmp'];
    await writeFiles(at(), Object.fromEntries([...kept, ...left].map(name => [name, 'x'])));
    await removeTemporaries(at());
    assert.deepEqual((await readdir(at())).toSorted(), kept.toSorted());
  });

  it('fault 1: writes a file afresh without what killed writers left of it, and leaves that of others', async () => {
    const long = `${'片'.repeat(80)}.torrent`;
    const kept = ['.x.torrent.a.0123456789ab.tmp', '.xx.torrent.0123456789ab.tmp', '.x.torrent.0123456789ab.tmp.a'];
    await writeFiles(at(), { '.x.torrent.0123456789ab.tmp': '', '.x.torrent.ffffffffffff.tmp': 'half' });
    await writeFiles(at(), Object.fromEntries(kept.map(name => [name, 'x'])));
    const others = [`${'片'.repeat(79)}..torrent`, `${'片'.repeat(80)}.torrenu`];
    /** As a writer that is killed does. */
    const leave = async (name: string) => {
      const before = await readdir(at());
      let temporary = '';
      async function* half() {
        yield 'half';
        temporary = (await readdir(at())).find(found => !before.includes(found)) ?? '';
      }
      await writeDurable(at(name), half());
      await writeFile(at(temporary), 'half');
    };
    for (const name of [long, ...others]) await leave(name);
    const left = async () => (await readdir(at())).filter(name => name.startsWith('.片')).length;
    assert.equal(await left(), 3);
    await writeAfresh(at('x.torrent'), 'new');
    await writeAfresh(at(long), 'new');
    assert.equal(await left(), 2);
    const names = (await readdir(at())).filter(name => !name.includes('片'));
    assert.deepEqual(names.toSorted(), [...kept, 'x.torrent'].toSorted());
  });

  it('writes one file many times at once, afresh or not, and in parts', async () => {
    async function* parts() {
      for (const part of ['片', 'x'.repeat(200_000), '']) {
        await Promise.resolve();
        yield part;
      }
    }
    const writes = Array.from({ length: 10 }, () => [writeAfresh(at('x'), parts()), writeDurable(at('x'), parts())]);
    await Promise.all(writes.flat());
    assert.deepEqual(await readdir(at()), ['x']);
    assert.equal(await readFile(at('x'), 'utf8'), `片${'x'.repeat(200_000)}`);
  });

  it('recognises the temporary file of a writer that is killed on its way', async () => {
    const seen = new Set<string>();
    const writing = { done: false };
    const long = new Uint8Array(8_000_000);
    const writer = writeDurable(at('片'.repeat(80)), long).then(() => (writing.done = true));
    while (!writing.done) for (const name of await readdir(at())) seen.add(name);
    await writer;
    const [temporary, ...others] = [...seen].filter(name => !name.startsWith('片'));
    assert.ok(temporary);
    assert.deepEqual(others, []);
    await writeFile(at(temporary), 'half');
    await removeTemporaries(at());
    assert.deepEqual(await readdir(at()), ['片'.repeat(80)]);
  });

  it('makes directories on the way, and takes those that are there', async () => {
    await makeDirectory(at('a', 'b', 'c'));
    await makeDirectory(at('a', 'b', 'c'));
    await makeDirectory(at('a', 'b', 'd'));
    assert.deepEqual((await readdir(at('a', 'b'))).toSorted(), ['c', 'd']);
    await writeFile(at('file'), '');
    await assert.rejects(makeDirectory(at('file', 'x')), { code: 'ENOTDIR' });
  });

  it('renames within and between directories, over what is there', async () => {
    await writeFiles(at(), { 'queues/x': 'new', 'done/x': 'old' });
    await renameDurable(at('queues', 'x'), at('queues', 'y'));
    await renameDurable(at('queues', 'y'), at('done', 'x'));
    assert.equal(await readFile(at('done', 'x'), 'utf8'), 'new');
    assert.deepEqual(await readdir(at('queues')), []);
    await assert.rejects(renameDurable(at('queues', 'x'), at('done', 'x')), { code: 'ENOENT' });
  });

  it('removes files and trees; what is not there, or whose directory is not, is no error', async () => {
    await writeFiles(at(), { 'tree/a/b': 'x', file: 'x' });
    for (const path of [at('tree'), at('file'), at('file'), at('no', 'where')]) await removeDurable(path);
    assert.deepEqual(await readdir(at()), []);
  });

  it('says when there is nothing to sync', async () => {
    await writeFile(at('file'), 'x');
    await syncFile(at('file'));
    await syncDirectory(at());
    await assert.rejects(syncFile(at('gone')), { code: 'ENOENT' });
    await assert.rejects(syncDirectory(at('gone')), { code: 'ENOENT' });
  });
});
