import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { walkPackage } from '../../src/disk/walk.ts';
import { buildTorrent } from '../../src/torrent/build.ts';
import { hashPackage } from '../../src/torrent/hash-package.ts';
import type { Metainfo } from '../../src/torrent/metainfo.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { writePackage } from '../e2e/packages.ts';

const run = promisify(execFile);
const KIB = 1024;
const PIECE_LENGTH = 64 * KIB;
const TRACKER = 'http://127.0.0.1:6969/announce';
/** mktorrent sorts whole paths, we segments, as BEP 52 does: these names come in one order either way. */
const FILES: Readonly<Record<string, number>> = {
  'ASSETMAP.xml': 1453,
  'pic 1.mxf': 900 * KIB + 17,
  'sub/deep/100%.xml': 70_001,
  'sub/empty': 0,
  'sub/snd#2.mxf': 300 * KIB,
  'é.xml': 12,
  '声音.mxf': 256 * KIB,
};
/** Prints what libtorrent reads, as JSON. */
const LIBTORRENT = `
import json, sys, libtorrent
info = libtorrent.torrent_info(sys.argv[1])
files = info.files()
print(json.dumps({
    "infoHash": str(info.info_hash()),
    "name": info.name(),
    "pieceLength": info.piece_length(),
    "pieces": info.num_pieces(),
    "files": [[files.file_path(i), files.file_size(i)] for i in range(files.num_files())],
    "trackers": [tracker.url for tracker in info.trackers()],
}))`;

describe('metainfo that foreign programs read', () => {
  let directory: string;
  let torrentPath: string;
  let ours: Metainfo;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bftv2-metainfo-'));
    await writePackage(join(directory, '影片'), FILES);
    torrentPath = join(directory, 'ours.torrent');
    ours = await torrentOf(join(directory, '影片'), '影片', torrentPath);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function torrentOf(source: string, name: string, path: string): Promise<Metainfo> {
    const { type, files } = await walkPackage(source);
    const root = type === 'file' ? directory : source;
    const request = {
      root,
      files,
      pieceLength: PIECE_LENGTH,
      btFiles: undefined,
      btPieceLength: PIECE_LENGTH,
      known: new Map(),
      workers: 1,
    };
    const { pieces } = await hashPackage(request, new AbortController().signal, () => {});
    const bytes = buildTorrent({ name, pieceLength: PIECE_LENGTH, pieces, files, type, tracker: TRACKER });
    await writeFile(path, bytes);
    return parseTorrent(bytes, path);
  }

  it('has the infohash that mktorrent gives it', async () => {
    const path = join(directory, 'mktorrent.torrent');
    const exponent = String(Math.log2(PIECE_LENGTH));
    await run('mktorrent', ['-l', exponent, '-a', TRACKER, '-o', path, join(directory, '影片')]);
    const theirs = parseTorrent(await readFile(path), path);
    assert.deepEqual(theirs, ours);
  });

  it('of a single file has the infohash that mktorrent gives it (BN-014)', async () => {
    await writePackage(directory, { 'single.mxf': 200 * KIB + 3 });
    const single = join(directory, 'single.mxf');
    const path = join(directory, 'single-mktorrent.torrent');
    await run('mktorrent', ['-l', '16', '-a', TRACKER, '-o', path, single]);
    const theirs = parseTorrent(await readFile(path), path);
    assert.deepEqual(theirs, await torrentOf(single, 'single.mxf', join(directory, 'single.torrent')));
  });

  it('is the same to transmission-show', async () => {
    const { stdout } = await run('transmission-show', [torrentPath]);
    assert.match(stdout, new RegExp(`Hash: ${ours.infoHash}`));
    assert.match(stdout, /Name: 影片\n/);
    assert.match(stdout, /Piece Size: 64\.00 KiB\n/);
    assert.match(stdout, new RegExp(`Piece Count: ${ours.pieces.length / 20}\n`));
    assert.ok(stdout.includes(TRACKER));
    for (const path of Object.keys(FILES)) assert.ok(stdout.includes(`影片/${path} (`), path);
  });

  it('is the same to libtorrent, file by file', async () => {
    const { stdout } = await run('/usr/bin/python3', ['-c', LIBTORRENT, torrentPath]);
    assert.deepEqual(JSON.parse(stdout), {
      infoHash: ours.infoHash,
      name: '影片',
      pieceLength: PIECE_LENGTH,
      pieces: ours.pieces.length / 20,
      files: ours.files.map(({ path, length }) => [`影片/${path}`, length]),
      trackers: [TRACKER],
    });
  });
});
