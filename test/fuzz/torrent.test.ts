import assert from 'node:assert/strict';
import { buildTorrent } from '../../src/torrent/build.ts';
import type { Metainfo } from '../../src/torrent/metainfo.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { bencoded, dictionary, type Value } from '../torrent/bencoding.ts';
import { assertSafePath, fuzz } from './fuzz.ts';
import { hostileLeaf, mutatedBytes, mutatedTree, type Tree } from './mutated.ts';

const PIECE = 16_384;
const refusals = ['TORRENT_INVALID', 'NAME_UNSAFE'] as const;

const file = (length: number, ...path: string[]) => ({ length, path });
const DIRECTORY: Tree = {
  announce: 'http://127.0.0.1/announce',
  'announce-list': [['http://127.0.0.1/announce'], ['udp://127.0.0.1:1']],
  info: {
    files: [file(PIECE, '声音.mxf'), file(0, 'sub', 'empty'), file(PIECE, 'sub', 'b.mxf'), file(5, 'Sub2', 'z.xml')],
    name: 'film',
    'piece length': PIECE,
    pieces: Buffer.alloc(60, 7),
  },
};
const FILE: Tree = { info: { length: 40_000, name: 'film.mxf', 'piece length': PIECE, pieces: Buffer.alloc(60, 1) } };

const own = buildTorrent({
  name: 'film',
  pieceLength: PIECE,
  pieces: Buffer.alloc(40, 3),
  files: [
    { path: 'a', size: 5 },
    { path: 's/b', size: PIECE },
  ],
  type: 'dir',
  tracker: 'http://127.0.0.1/announce',
});

function valueOf(tree: Tree): Value {
  if (tree instanceof Uint8Array || typeof tree === 'string' || typeof tree === 'number') return tree;
  if (Array.isArray(tree)) return tree.map(valueOf);
  if (typeof tree !== 'object' || tree === null) return String(tree);
  return dictionary(
    Object.fromEntries(Object.entries(tree).map(([key, value]: [string, Tree]) => [key, valueOf(value)])),
  );
}

const encode = (tree: Tree): Buffer => bencoded(valueOf(tree));

/** Everything that piece maps, stores and the last check rely on. */
function checkMetainfo({ infoHash, name, pieceLength, pieces, length, files, announce }: Metainfo): void {
  assert.match(infoHash, /^[0-9a-f]{40}$/);
  assertSafePath(name);
  let offset = 0;
  for (const { path, length: size, offset: at } of files) {
    assertSafePath(path);
    assert.ok(Number.isSafeInteger(size) && size >= 0 && at === offset);
    offset += size;
  }
  assert.ok(Number.isSafeInteger(length) && length > 0 && length === offset);
  assert.equal(new Set(files.map(({ path }) => path.normalize('NFC').toLowerCase())).size, files.length);
  assert.ok(Number.isSafeInteger(pieceLength) && pieceLength > 0);
  assert.equal(pieces.length, Math.ceil(length / pieceLength) * 20);
  assert.ok(announce.every(url => typeof url === 'string'));
}

const check = (bytes: Uint8Array) => checkMetainfo(parseTorrent(bytes, 'a torrent'));

describe('fuzz: torrents', () => {
  it('the samples are torrents', () => {
    for (const sample of [own, encode(DIRECTORY), encode(FILE)]) check(sample);
  });

  fuzz({
    name: 'hostile input 10: bytes of a torrent',
    inputs: mutatedBytes(
      [own, encode(DIRECTORY), encode(FILE)],
      [
        'l',
        'd',
        'e',
        'i',
        'i-0e',
        'i1e',
        '0:',
        '1:',
        '99999999999:',
        '4:info',
        'd4:info',
        '6:lengthi1e',
        'li',
        '4:pathl2:..e',
      ],
    ),
    runs: 3000,
    refusals,
    check,
  });

  fuzz({
    name: 'hostile input 5, 10: members of a torrent',
    inputs: mutatedTree([DIRECTORY, FILE], hostileLeaf).map(encode),
    runs: 3000,
    refusals,
    check,
  });
});
