import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import * as fc from 'fast-check';
import { walkPackage } from '../../src/disk/walk.ts';
import { inTemporaryDirectory, makeFifo, temporaryDirectory, writeFiles } from '../temporary-directory.ts';

const pathsOf = async (root: string) => (await walkPackage(root)).files.map(({ path }) => path);

describe('disk: the files of a package (decision 26)', () => {
  const at = temporaryDirectory();

  it('lists every regular file, empty ones included, with what tells a changed one', async () => {
    await writeFiles(at('pkg'), { 'reel.mxf': 'twelve bytes', 'sub/deep/x': 'x', empty: '', '.hidden': 'h' });
    const { files, emptyDirectories } = await walkPackage(at('pkg'));
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['.hidden', 1],
        ['empty', 0],
        ['reel.mxf', 12],
        ['sub/deep/x', 1],
      ],
    );
    assert.deepEqual(emptyDirectories, []);
    const { mtimeMs, ctimeMs, ino } = await stat(at('pkg', 'reel.mxf'));
    const reel = files.find(({ path }) => path === 'reel.mxf');
    assert.deepEqual([reel?.mtimeMs, reel?.ctimeMs, reel?.ino], [mtimeMs, ctimeMs, ino]);
  });

  it('sorts by the bytes of the names, segment by segment', async () => {
    const sorted = ['A', 'Z', 'a/b', 'a/c/a', 'a/c.x', 'a-b', 'a.x', 'ab', 'b', 'é', '片', '🎬'];
    await writeFiles(at('pkg'), Object.fromEntries(sorted.toReversed().map(path => [path, ''])));
    assert.deepEqual(await pathsOf(at('pkg')), sorted);
  });

  it('sorts so whatever the names are', async () => {
    const name = fc.constantFrom('a', 'b', 'a.', 'a-', 'A', 'é', '\uffee', '🎬', '0', ' ');
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    const compare = (one: string[], other: string[]) => {
      const at = one.findIndex((segment, index) => segment !== other[index]);
      return Buffer.from(one[at] ?? '').compare(Buffer.from(other[at] ?? ''));
    };
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { selector: String, maxLength: 8 }), async paths => {
        const isDirectory = (candidate: string) => paths.some(each => each.join('/').startsWith(`${candidate}/`));
        const files = paths.filter(path => !isDirectory(path.join('/')));
        await inTemporaryDirectory(async root => {
          await writeFiles(root, Object.fromEntries(files.map(path => [path.join('/'), ''])));
          const expected = files.toSorted(compare).map(path => path.join('/'));
          assert.deepEqual(await pathsOf(root), expected);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('names empty directories, which a package does not carry', async () => {
    await mkdir(at('pkg', 'sub', 'empty'), { recursive: true });
    await mkdir(at('pkg', 'also empty'));
    await writeFile(at('pkg', 'sub', 'x'), 'x');
    const { files, emptyDirectories } = await walkPackage(at('pkg'));
    assert.deepEqual(emptyDirectories, ['also empty', 'sub/empty']);
    assert.equal(files.length, 1);
    assert.deepEqual(await walkPackage(at('pkg', 'sub', 'empty')), { type: 'dir', files: [], emptyDirectories: [] });
  });

  it('refuses symbolic links by name, to files, to directories and to nothing', async () => {
    for (const target of ['real', '.', '/etc/hostname', 'nowhere']) {
      const root = at(`pkg-${target.replaceAll('/', '')}`);
      await writeFiles(root, { real: 'x' });
      await mkdir(`${root}/sub`);
      await symlink(target, `${root}/sub/link`);
      await assert.rejects(walkPackage(root), {
        code: 'SOURCE_REFUSED',
        message: `${root}/sub/link is a link or a special file`,
      });
    }
  });

  it('refuses a FIFO and a socket by name, without opening them', async () => {
    await mkdir(at('pkg'));
    await makeFifo(at('pkg', 'pipe'));
    await assert.rejects(walkPackage(at('pkg')), { code: 'SOURCE_REFUSED', message: /\/pkg\/pipe is a link or/ });
    const server = createServer().listen(at('socket'));
    await once(server, 'listening');
    await assert.rejects(walkPackage(at()), { code: 'SOURCE_REFUSED' });
    server.close();
  });

  it('refuses a name that is not UTF-8 and shows it', async () => {
    await mkdir(at('pkg'));
    await writeFile(Buffer.concat([Buffer.from(at('pkg', 'a')), Buffer.from([0xff])]), 'x');
    await assert.rejects(walkPackage(at('pkg')), {
      code: 'NAME_UNSAFE',
      message: `a name below ${at('pkg')} is not UTF-8: "a\u00ff"`,
    });
  });

  it('takes a single file for a package, under its own name (BN-014)', async () => {
    await writeFile(at('trailer.mxf'), 'twelve bytes');
    const { mtimeMs, ctimeMs, ino } = await stat(at('trailer.mxf'));
    assert.deepEqual(await walkPackage(at('trailer.mxf')), {
      type: 'file',
      files: [{ path: 'trailer.mxf', size: 12, mtimeMs, ctimeMs, ino }],
      emptyDirectories: [],
    });
  });

  it('says when there is no package, or neither a directory nor a file', async () => {
    await writeFile(at('file'), 'x');
    await symlink(at(), at('link'));
    for (const path of [at('gone'), at('file', 'below')]) {
      await assert.rejects(walkPackage(path), {
        code: 'SOURCE_MISSING',
        message: `error, not exist dcp path: ${path}.`,
      });
    }
    await assert.rejects(walkPackage(at('link')), {
      code: 'SOURCE_REFUSED',
      message: `${at('link')} is neither a directory nor a regular file`,
    });
  });
});
