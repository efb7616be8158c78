import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { buildTorrent } from '../../src/torrent/build.ts';
import { makeFifo, temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { naivePieces } from '../torrent/bencoding.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const PIECE = 64 * 1024;

describe('cli: check', () => {
  const at = temporaryDirectory();
  const files: Record<string, Buffer> = {
    'a.mxf': randomBytes(3 * PIECE + 5),
    'sub/声音 1.mxf': randomBytes(40 * PIECE),
    'sub/empty': Buffer.alloc(0),
    'z.xml': randomBytes(100),
  };
  const total = 44;

  beforeEach(async () => {
    await writeFiles(at('film'), files);
    await writeFile(at('film.torrent'), torrentOf(files));
  });

  const torrentOf = (content: Record<string, Buffer>, type: 'dir' | 'file' = 'dir') =>
    buildTorrent({
      name: 'film',
      pieceLength: PIECE,
      pieces: naivePieces(Buffer.concat(Object.values(content)), PIECE),
      files: Object.entries(content).map(([path, { length }]) => ({ path, size: length })),
      type,
      tracker: '',
    });

  const run = async (...args: string[]) => {
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], { timeout: 30_000 });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  };
  const check = () => run('check', at('film.torrent'), at('film'));

  it('says so with 0 when every piece is right (T-010, T-012)', async () => {
    assert.deepEqual(await check(), { code: 0, out: `Already/Total: ${total}/${total} (100%)\n`, err: '' });
  });

  it('ends with 1 for a single wrong byte, and never rounds up to 100% (T-010, T-012)', async () => {
    const bytes = Buffer.from(files['sub/声音 1.mxf'] ?? []);
    bytes.writeUInt8(bytes.readUInt8(PIECE) ^ 1, PIECE);
    await writeFile(at('film', 'sub', '声音 1.mxf'), bytes);
    assert.deepEqual(await check(), { code: 1, out: `Already/Total: 43/${total} (97%)\n`, err: '' });
  });

  it('counts what is there of a file that came half, and says what is missing', async () => {
    await truncate(at('film', 'a.mxf'), 2 * PIECE);
    await rm(at('film', 'sub', 'empty'));
    const { code, out, err } = await check();
    assert.deepEqual([code, out], [1, `Already/Total: 42/${total} (95%)\n`]);
    assert.equal(err, `a.mxf has ${2 * PIECE} bytes, not ${3 * PIECE + 5}\nsub/empty is missing\n`);
  });

  it('is not satisfied by right pieces alone: a file that is too long is wrong', async () => {
    await appendFile(at('film', 'z.xml'), 'more');
    const { code, out, err } = await check();
    assert.deepEqual([code, out], [1, `Already/Total: ${total}/${total} (100%)\n`]);
    assert.equal(err, 'z.xml has 104 bytes, not 100\n');
  });

  it('follows no link and waits at no pipe', async () => {
    await rename(at('film', 'a.mxf'), at('a.mxf'));
    await symlink(at('a.mxf'), at('film', 'a.mxf'));
    await rm(at('film', 'z.xml'));
    await makeFifo(at('film', 'z.xml'));
    const { code, out, err } = await check();
    assert.deepEqual([code, out], [1, `Already/Total: 39/${total} (88%)\n`]);
    assert.equal(err, 'a.mxf is not a regular file\nz.xml is not a regular file\n');
  });

  it('takes a torrent of one file, given the file or its directory (BN-014)', async () => {
    const content = { film: await readFile(at('film', 'a.mxf')) };
    await writeFile(at('one.torrent'), torrentOf(content, 'file'));
    await writeFiles(at('in'), content);
    for (const path of [at('in'), at('in', 'film')]) {
      assert.deepEqual((await run('check', at('one.torrent'), path)).out, 'Already/Total: 4/4 (100%)\n');
    }
  });

  it('ends with 1 and the code when there is no package, no torrent, or none that is one', async () => {
    await writeFile(at('bad.torrent'), 'd4:infoi1ee');
    const nothing = {
      package: await run('check', at('film.torrent'), at('nothing')),
      torrent: await run('check', at('no'), at('film')),
    };
    assert.match(nothing.package.err, /^SOURCE_MISSING: /);
    assert.match(nothing.torrent.err, /^TORRENT_MISSING: /);
    const bad = await run('check', at('bad.torrent'), at('film'));
    assert.match(bad.err, /^TORRENT_INVALID: /);
    assert.deepEqual([nothing.package.code, nothing.torrent.code, bad.code], [1, 1, 1]);
  });

  it('ends with 2 when it is called wrongly', async () => {
    for (const args of [[], ['check'], ['check', 'a', 'b', 'c'], ['other', 'a', 'b']]) {
      const { code, err } = await run(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, /usage: /);
    }
    assert.equal((await run('--help')).code, 0);
  });
});
