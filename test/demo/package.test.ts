import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { DemoFailure, UsageFailure } from '../../src/demo/failure.ts';
import { NodePlace } from '../../src/demo/node/config.ts';
import { parseOptions } from '../../src/demo/options.ts';
import { preparePackage } from '../../src/demo/package.ts';
import { packageName } from '../../src/demo/package-name.ts';
import { listTree } from '../../src/demo/tree/list.ts';
import { never, scratchDirectory, writeTree } from './scratch.ts';

describe('demo package', () => {
  const at = scratchDirectory();
  const prepare = async (...args: string[]) => {
    const options = parseOptions(args);
    assert.ok(options !== 'help');
    await mkdir(at('work/sender'), { recursive: true });
    return await preparePackage(options, new NodePlace(at('work/sender')), never);
  };

  it('is made where a sender expects it', async () => {
    const sent = await prepare('--size', '1M');
    assert.equal(sent.path, at('work/sender/dcp/cfec-001/dcps', sent.name));
    assert.equal(sent.source, 'synthetic');
    assert.equal(sent.original, sent.path);
    assert.equal(sent.files.length, 12);
    assert.ok(Math.abs(sent.bytes - 1024 * 1024) < 64 * 1024, `${sent.bytes} bytes`);
  });

  it('is a given folder, by hard links', async () => {
    const files = { 'ASSETMAP.xml': '<a/>', 'reel 1/声音 1.mxf': 'sound', 'sub/empty': '' };
    await writeTree(at('My Film'), files);
    await mkdir(at('My Film/hollow'));
    const sent = await prepare('--source', at('My Film'));
    assert.equal(sent.name, 'My Film');
    assert.equal(sent.original, at('My Film'));
    assert.deepEqual((await listTree(sent.path)).files, (await listTree(at('My Film'))).files);
    assert.deepEqual(sent.emptyDirectories, ['hollow']);
    assert.equal(sent.bytes, 9);
    const [given, placed] = await Promise.all([stat(at('My Film/ASSETMAP.xml')), stat(`${sent.path}/ASSETMAP.xml`)]);
    assert.equal(placed.ino, given.ino);
  });

  it('is a copy where no hard link is possible, and leaves the source alone', async function () {
    const other = '/dev/shm';
    const devices = await Promise.all([stat(at()), stat(other)]).catch(() => undefined);
    if (devices === undefined || devices[0].dev === devices[1].dev) this.skip();
    const { mkdtemp, rm } = await import('node:fs/promises');
    const source = await mkdtemp(`${other}/bftv2-demo-test-`);
    try {
      await writeTree(source, { 'a/b': 'text', empty: '' });
      await chmod(`${source}/a/b`, 0o444);
      const sent = await prepare('--source', source);
      assert.equal(await readFile(`${sent.path}/a/b`, 'utf8'), 'text');
      assert.deepEqual(await readdir(sent.path), ['a', 'empty']);
      assert.equal((await stat(`${source}/a/b`)).nlink, 1);
    } finally {
      await rm(source, { recursive: true });
    }
  });

  it('may be named by a link to its folder', async () => {
    await writeTree(at('real'), { a: '1' });
    await symlink(at('real'), at('link'));
    assert.equal((await prepare('--source', at('link'))).original, at('real'));
  });

  it('is refused by name when it has a link inside', async () => {
    await writeTree(at('film'), { a: '1' });
    await symlink('a', at('film/also-a'));
    await assert.rejects(prepare('--source', at('film')), {
      constructor: DemoFailure,
      message: /film\/also-a is a link/,
    });
  });

  it('is refused when it is not there or is a file', async () => {
    await writeTree(at(), { file: '' });
    await assert.rejects(prepare('--source', at('absent')), { constructor: UsageFailure, message: /absent/ });
    await assert.rejects(prepare('--source', at('file')), { constructor: UsageFailure, message: /not a directory/ });
  });

  it('is refused when the demo would work inside of it', async () => {
    await assert.rejects(prepare('--source', at()), { constructor: UsageFailure, message: /another --dir/ });
  });

  it('is refused when the disk is too small', async () => {
    await assert.rejects(prepare('--size', '900T'), {
      constructor: DemoFailure,
      message: /free, but this demo may need/,
    });
  });
});

describe('demo package name', () => {
  for (const [folder, name] of [
    ['/films/A-B_C.1', 'A-B_C.1'],
    ['/films/电影 2/', '电影 2'],
    ['/films/a\\b:c\nd', 'a_b_c_d'],
    ['/films/.hidden', '_hidden'],
    ['/films/..', '_'],
    ['/', 'package'],
    ['/films/ ', 'package'],
    ['/films/é', 'é'],
  ] as const) {
    it(`of ${JSON.stringify(folder)} is ${JSON.stringify(name)}`, () => assert.equal(packageName(folder), name));
  }

  it('leaves room for what the daemon puts around it', () => {
    assert.equal(packageName(`/${'影'.repeat(85)}`), '影'.repeat(60));
  });
});
