import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { compareTree } from '../../src/demo/tree/compare.ts';
import { hashFiles } from '../../src/demo/tree/hash.ts';
import { listTree } from '../../src/demo/tree/list.ts';
import { never, scratchDirectory, writeTree } from './scratch.ts';

const PACKAGE = { 'ASSETMAP.xml': '<a/>', 'reel 1/pic.mxf': 'picture', 'reel 1/声音.mxf': 'sound', empty: '' };

describe('demo tree comparison', () => {
  const at = scratchDirectory();
  const differences = async () => {
    const { files } = await listTree(at('source'));
    const hashes = await hashFiles(at('source'), files, never);
    return await compareTree({ files, hashes }, at('received'), never);
  };

  beforeEach(async () => {
    await writeTree(at('source'), PACKAGE);
    await writeTree(at('received'), PACKAGE);
  });

  it('finds nothing between equals', async () => {
    assert.deepEqual(await differences(), []);
  });

  it('finds a missing file, also an empty one', async () => {
    await rm(at('received', 'reel 1/声音.mxf'));
    await rm(at('received', 'empty'));
    assert.deepEqual(await differences(), ['missing: empty', 'missing: reel 1/声音.mxf']);
  });

  it('finds a stray file, also an empty or hidden one', async () => {
    await writeTree(at('received'), { 'reel 1/.pic.mxf.part': '', 'film.torrent': 'x' });
    assert.deepEqual(await differences(), ['stray file: film.torrent', 'stray file: reel 1/.pic.mxf.part']);
  });

  it('finds changed bytes of the same length', async () => {
    await writeFile(at('received', 'reel 1/pic.mxf'), 'pictura');
    assert.deepEqual(await differences(), ['content differs: reel 1/pic.mxf']);
  });

  it('finds another length, also where one is empty', async () => {
    await writeFile(at('received', 'reel 1/pic.mxf'), '');
    await writeFile(at('received', 'empty'), 'full');
    assert.deepEqual(await differences(), [
      'size differs: empty has 4 bytes instead of 0',
      'size differs: reel 1/pic.mxf has 0 bytes instead of 7',
    ]);
  });

  it('takes a link to the right bytes for a difference', async () => {
    await rm(at('received', 'ASSETMAP.xml'));
    await symlink(at('source', 'ASSETMAP.xml'), at('received', 'ASSETMAP.xml'));
    assert.deepEqual(await differences(), ['not a regular file: ASSETMAP.xml', 'missing: ASSETMAP.xml']);
  });

  it('finds an empty directory that is left over', async () => {
    await mkdir(at('received', 'staging'));
    assert.deepEqual(await differences(), ['stray empty directory: staging']);
  });
});

describe('demo tree listing', () => {
  const at = scratchDirectory();

  it('sorts what it finds into files, empty directories and what no package has', async () => {
    await writeTree(at('p'), { 'b/c': '12', a: '1' });
    await mkdir(at('p', 'b/hollow'));
    await symlink('a', at('p', 'link'));
    await symlink('/nowhere', at('p', 'b/dangling'));
    const server = createServer().listen(at('p', 'socket'));
    await once(server, 'listening');
    const { files, directories, emptyDirectories, refused } = await listTree(at('p'));
    assert.deepEqual(files, [
      { path: 'a', size: 1 },
      { path: 'b/c', size: 2 },
    ]);
    assert.deepEqual(directories.toSorted(), ['b', 'b/hollow']);
    assert.deepEqual(emptyDirectories, ['b/hollow']);
    assert.deepEqual(refused.toSorted(), ['b/dangling', 'link', 'socket']);
    server.close();
  });

  it('refuses names that are not UTF-8', async () => {
    await mkdir(at('p'));
    await writeFile(Buffer.concat([Buffer.from(`${at('p')}/`), Buffer.from([0x66, 0xff])]), '');
    assert.equal((await listTree(at('p'))).refused.length, 1);
  });
});
