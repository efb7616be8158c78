import assert from 'node:assert/strict';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Bitfield } from '../../../src/transports/bt/bitfield.ts';
import { confirm } from '../../../src/transports/bt/engine/confirm.ts';
import { FileStore } from '../../../src/transports/bt/engine/file-store.ts';
import { OpenFiles } from '../../../src/transports/bt/engine/open-files.ts';
import { ReadCache } from '../../../src/transports/bt/engine/read-cache.ts';
import { filesBelow, makeTorrent, type TestTorrent } from './make-torrent.ts';

const PIECE = 1000;
const SIZES = { 'a: *?': 1500, leer: 0, 'b/片 1': 300, 'b/c': 1, 'd/e/f': 2700 };

async function openBelow(directory: string): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter(path => path.startsWith(directory)).length;
}

describe('FileStore', () => {
  let directory: string;
  let torrent: TestTorrent;
  let openFiles: OpenFiles;
  let cache: ReadCache;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bft2-store-'));
    torrent = await makeTorrent({ directory, name: 'made', pieceLength: PIECE, announce: [], sizes: SIZES });
    openFiles = new OpenFiles(2);
    cache = new ReadCache(1024 * 1024);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const store = (paths: readonly string[]) => new FileStore({ openFiles, cache }, torrent.metainfo, paths);
  const pieces = () => [...Array(torrent.metainfo.pieces.length / 20).keys()];
  const bytesOf = (piece: number) => torrent.content.subarray(piece * PIECE, (piece + 1) * PIECE);

  it('serves what was written, not what was found wrong there before', async () => {
    const paths = filesBelow(join(directory, 'cut'), torrent.metainfo);
    for (const [index, { length }] of torrent.metainfo.files.entries()) {
      await mkdir(dirname(paths[index]!), { recursive: true });
      await writeFile(paths[index]!, Buffer.alloc(length));
    }
    const both = store(paths);
    const unconfirmed = new Bitfield(pieces().length);
    unconfirmed.set(1);
    const { metainfo } = torrent;
    const [have, unwanted] = [new Bitfield(pieces().length), new Bitfield(pieces().length)];
    const input = { metainfo, bytes: new Uint8Array(), announce: [], paths, have, unconfirmed, unwanted };
    assert.deepEqual(await confirm(both, input), []);
    await both.read(1, 0, 10);
    const [, early] = await Promise.all([both.write(1, bytesOf(1)), both.read(1, 10, 10)]);
    assert.equal(early.length, 10);
    assert.deepEqual(Buffer.from(await both.read(1, 0, PIECE)), bytesOf(1));
    assert.deepEqual(await confirm(both, input), [1]);
    await both.close();
  });

  it('cuts a longer leftover to its length with the first write, and touches no file that it only reads', async () => {
    const paths = filesBelow(join(directory, 'left over'), torrent.metainfo);
    for (const path of paths) await mkdir(dirname(path), { recursive: true });
    for (const path of paths) await writeFile(path, Buffer.alloc(5000, 1));
    const both = store(paths);
    await both.read(4, 0, 10);
    for (const piece of [0, 1]) await both.write(piece, bytesOf(piece));
    await both.close();
    const sizes = await Promise.all(paths.map(async path => (await stat(path)).size));
    assert.deepEqual(sizes, [1500, 5000, 300, 1, 2700]);
    const read = store(paths);
    await read.read(0, 0, 10);
    await read.close();
    assert.equal((await stat(paths[1]!)).size, 5000);
  });

  it('writes pieces in any order into files anywhere, and makes their directories', async () => {
    const paths = filesBelow(join(directory, 'neu: ?'), torrent.metainfo);
    const written = store(paths);
    await Promise.all(
      pieces()
        .toReversed()
        .map(piece => written.write(piece, bytesOf(piece))),
    );
    await written.close();
    for (const [index, { length, offset, path }] of torrent.metainfo.files.entries()) {
      if (length === 0) await assert.rejects(stat(paths[index]!), { code: 'ENOENT' });
      else assert.deepEqual(await readFile(paths[index]!), torrent.content.subarray(offset, offset + length), path);
    }
  });

  it('reads any block, across files too', async () => {
    const source = store(torrent.files);
    for (const piece of pieces()) {
      const bytes = bytesOf(piece);
      assert.deepEqual(Buffer.from(await source.read(piece, 0, bytes.length)), bytes);
      assert.deepEqual(Buffer.from(await source.read(piece, 7, 400)), bytes.subarray(7, 407));
    }
    await source.close();
  });

  it('reads blocks that span its read size', async () => {
    const sizes = { big: 700 * 1024 };
    const big = await makeTorrent({ directory, name: 'big', pieceLength: 700 * 1024, announce: [], sizes });
    const source = new FileStore({ openFiles, cache }, big.metainfo, big.files);
    const [start, length] = [256 * 1024 - 100, 300 * 1024];
    assert.deepEqual(Buffer.from(await source.read(0, start, length)), big.content.subarray(start, start + length));
    await source.close();
  });

  it('names the files of a piece', () => {
    assert.deepEqual(
      store(torrent.files).pathsOf(1),
      [0, 2, 3, 4].map(index => torrent.files[index]),
    );
  });

  it('refuses blocks that are not there', async () => {
    const source = store(torrent.files);
    await assert.rejects(source.read(-1, 0, 1), RangeError);
    await assert.rejects(source.read(pieces().length, 0, 1), RangeError);
    await assert.rejects(source.read(0, PIECE - 1, 2), RangeError);
    await assert.rejects(source.read(0, -1, 2), RangeError);
    await assert.rejects(source.read(pieces().length - 1, 0, PIECE), RangeError);
  });

  it('keeps few files open, and none after close', async () => {
    const source = store(torrent.files);
    for (const piece of pieces()) await source.read(piece, 0, 10);
    assert.equal(openFiles.size, 2);
    assert.equal(await openBelow(directory), 2);
    await source.close();
    assert.equal(openFiles.size, 0);
    assert.equal(await openBelow(directory), 0);
  });

  it('opens what it only reads read-only', async () => {
    const source = store(torrent.files);
    await source.read(0, 0, 10);
    const info = await Promise.all(
      (await readdir('/proc/self/fd')).map(async fd => {
        const path = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
        return path === torrent.files[0] ? readFile(`/proc/self/fdinfo/${fd}`, 'utf8') : '';
      }),
    );
    assert.match(info.join(''), /^flags:\s+\d*0$/m);
    await source.close();
  });

  it('tries a failed open again', async () => {
    const [file = ''] = torrent.files;
    const source = store(torrent.files);
    await rename(file, `${file}.away`);
    await assert.rejects(source.read(0, 0, 10), { code: 'ENOENT' });
    await rename(`${file}.away`, file);
    assert.deepEqual(Buffer.from(await source.read(0, 0, 10)), torrent.content.subarray(0, 10));
    await source.close();
  });

  it('tries a failed write again', async () => {
    const paths = filesBelow(join(directory, 'new'), torrent.metainfo);
    await mkdir(join(directory, 'new'));
    await writeFile(dirname(paths[4]!).replace(/\/e$/, ''), 'a file where a directory has to be');
    const written = store(paths);
    await assert.rejects(written.write(2, bytesOf(2)), { code: /ENOTDIR|EEXIST/ });
    await rm(join(directory, 'new', 'd'));
    await written.write(2, bytesOf(2));
    await written.close();
  });

  it('says when a file is shorter than it should be', async () => {
    const source = store(torrent.files);
    await truncate(torrent.files[0]!, 100);
    await assert.rejects(source.read(0, 0, 10), /a: \*\? is shorter than the torrent says/);
    await source.close();
  });

  it('does not follow a link that lies where it has to write', async () => {
    const paths = filesBelow(join(directory, 'new'), torrent.metainfo);
    await mkdir(join(directory, 'new'));
    await symlink(join(directory, 'elsewhere'), paths[0]!);
    await assert.rejects(store(paths).write(0, bytesOf(0)), { code: 'ELOOP' });
  });

  it('passes on that the disk is full', async () => {
    const paths = torrent.files.map(() => '/dev/full');
    const written = store(paths);
    await assert.rejects(written.write(0, bytesOf(0)), { code: 'ENOSPC' });
    await written.close();
  });
});
