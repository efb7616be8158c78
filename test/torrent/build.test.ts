import assert from 'node:assert/strict';
import { buildTorrent, choosePieceLength, chooseShareLength } from '../../src/torrent/build.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { bencoded, dictionary, naivePieces, sha1Hex } from './bencoding.ts';

const CONTENT = Buffer.from('the reels of a film, and some subtitles');
const PARTS = {
  name: '影片',
  pieceLength: 16,
  pieces: naivePieces(CONTENT, 16),
  files: [
    { path: 'reel.mxf', size: 20 },
    { path: 'sub/empty', size: 0 },
    { path: 'sub/标题.xml', size: CONTENT.length - 20 },
  ],
  tracker: 'http://tracker.example.invalid:6969/announce',
};
/** The info dictionary by the letter of BEP 3: keys sorted, paths as lists. */
const INFO_VALUE = dictionary({
  files: [
    dictionary({ length: 20, path: ['reel.mxf'] }),
    dictionary({ length: 0, path: ['sub', 'empty'] }),
    dictionary({ length: CONTENT.length - 20, path: ['sub', '标题.xml'] }),
  ],
  name: '影片',
  'piece length': 16,
  pieces: PARTS.pieces,
});
const INFO = bencoded(INFO_VALUE);

describe('torrent: building', () => {
  it('writes by the letter of BEP 3, with the tracker or without', () => {
    assert.deepEqual(
      Buffer.from(buildTorrent(PARTS)),
      bencoded({
        pairs: [
          ['announce', PARTS.tracker],
          ['created by', 'bftv2'],
          ['info', INFO_VALUE],
        ],
      }),
    );
    assert.deepEqual(
      Buffer.from(buildTorrent({ ...PARTS, tracker: '' })),
      Buffer.concat([Buffer.from('d4:info'), INFO, Buffer.from('e')]),
    );
  });

  it('gives the infohash that anybody else would compute, the same at every time and with every tracker', () => {
    const infoHash = sha1Hex(INFO);
    for (const tracker of [PARTS.tracker, '', 'http://127.0.0.1/announce']) {
      assert.equal(parseTorrent(buildTorrent({ ...PARTS, tracker }), 'x').infoHash, infoHash);
    }
    assert.notEqual(parseTorrent(buildTorrent({ ...PARTS, name: 'other' }), 'x').infoHash, infoHash);
  });

  it('of a single file has its length in place of a list (BEP 3, BN-014)', () => {
    const single = { ...PARTS, files: [{ path: '影片', size: CONTENT.length }], type: 'file', tracker: '' } as const;
    const info = { length: CONTENT.length, name: '影片', 'piece length': 16, pieces: PARTS.pieces };
    const bytes = buildTorrent(single);
    assert.deepEqual(Buffer.from(bytes), bencoded(dictionary({ info: dictionary(info) })));
    const { type, files } = parseTorrent(bytes, 'x');
    assert.deepEqual([type, files], ['file', [{ path: '影片', length: CONTENT.length, offset: 0 }]]);
  });

  it('is read back as it was', () => {
    assert.deepEqual(parseTorrent(buildTorrent(PARTS), 'x'), {
      infoHash: sha1Hex(INFO),
      name: '影片',
      type: 'dir',
      pieceLength: 16,
      pieces: new Uint8Array(PARTS.pieces),
      length: CONTENT.length,
      files: [
        { path: 'reel.mxf', length: 20, offset: 0 },
        { path: 'sub/empty', length: 0, offset: 20 },
        { path: 'sub/标题.xml', length: CONTENT.length - 20, offset: 20 },
      ],
      announce: [PARTS.tracker],
    });
  });
});

const LIMITS = { minpiecelength: 256 * 1024, maxpiecelength: 16 * 1024 * 1024, maxpieces: 50_000 };

describe('torrent: piece length', () => {
  const GB = 1e9;
  const choose = (size: number) => choosePieceLength(size, LIMITS);

  it('is 256 KiB for small packages and 4 MiB for 200 GB', () => {
    assert.equal(choose(0), 256 * 1024);
    assert.equal(choose(1), 256 * 1024);
    assert.equal(choose(12 * GB), 256 * 1024);
    assert.equal(choose(200 * GB), 4 * 1024 * 1024);
  });

  it('is a power of two that keeps the hashes under about 1 MB, and no larger than it must be', () => {
    for (let size = 1; size < 800 * GB; size = Math.ceil(size * 1.37)) {
      const pieceLength = choose(size);
      assert.ok(Number.isInteger(Math.log2(pieceLength)));
      assert.ok(Math.ceil(size / pieceLength) * 20 <= 1_000_020, `${size} bytes`);
      assert.ok(pieceLength === 256 * 1024 || (size / (pieceLength / 2)) * 20 > 1_000_000, `${size} bytes`);
    }
  });

  it('never grows beyond the longest, nor below the shortest', () => {
    assert.equal(choose(5000 * GB), 16 * 1024 * 1024);
    assert.equal(choosePieceLength(5000 * GB, { ...LIMITS, maxpiecelength: 1024 * 1024 }), 1024 * 1024);
    assert.equal(choosePieceLength(1, { ...LIMITS, minpiecelength: 16 * 1024 }), 16 * 1024);
    assert.equal(choosePieceLength(GB, { ...LIMITS, maxpieces: 100 }), 16 * 1024 * 1024);
    assert.equal(choosePieceLength(1e8, { ...LIMITS, maxpieces: 100 }), 1024 * 1024);
  });

  it("of a share is the package's, unless that is none of ours", () => {
    const share = (size: number, full: number) => chooseShareLength(size, full, LIMITS);
    assert.equal(share(70 * GB, choose(200 * GB)), 4 * 1024 * 1024);
    assert.equal(share(GB, 300_000), 300_000);
    assert.equal(share(GB, 16 * 1024), 256 * 1024);
    assert.equal(share(GB, 64 * 1024 * 1024), 256 * 1024);
    assert.equal(share(100 * GB, 256 * 1024), 2 * 1024 * 1024);
  });
});
