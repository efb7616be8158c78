import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { BftError } from '../../src/core/errors.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { bencoded, dictionary } from './bencoding.ts';

const PIECES = Buffer.alloc(60, 'hash of a piece.....');
const SEEDS = [
  dictionary({
    announce: 'http://127.0.0.1/announce',
    'announce-list': [['http://127.0.0.1/announce'], ['udp://127.0.0.1:6969']],
    info: dictionary({
      files: [
        dictionary({ length: 20, path: ['reel.mxf'] }),
        dictionary({ length: 0, path: ['sub', 'empty'] }),
        dictionary({ length: 28, path: ['sub', 'deep', '标题.xml'] }),
      ],
      name: 'pkg',
      'piece length': 16,
      pieces: PIECES,
    }),
  }),
  dictionary({ info: dictionary({ length: 48, name: 'film.mxf', 'piece length': 16, pieces: PIECES }) }),
].map(bencoded);

/** What a mutation puts in: bytes that mean something in bencode or in a path, and any others. */
const tokens = [
  'd',
  'l',
  'i',
  'e',
  ':',
  '0',
  '9',
  '-',
  'i-1e',
  '1:',
  '99999999999:',
  '..',
  '/',
  '\0',
  'de',
  'le',
  'i0e',
  '4:info',
  '6:length',
];
const inserted = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('/', '\0', '\\', '\n').map(text => Buffer.from(text)) },
  fc.constantFrom(...tokens).map(text => Buffer.from(text)),
  fc.uint8Array({ minLength: 1, maxLength: 4 }).map(bytes => Buffer.from(bytes)),
);
/** At so many thousandths of the way through: so many bytes go, and these come, or a piece of the torrent itself. */
const mutation = fc.record({
  at: fc.integer({ min: 0, max: 999 }),
  /** Undefined: as many as come, so that what follows stays where it was. */
  removed: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat(3), fc.nat(30)),
  inserted: fc.oneof({ weight: 3, arbitrary: inserted }, fc.constant(undefined)),
  copied: fc.nat(40),
});

function mutate(
  bytes: Buffer,
  { at, removed, inserted, copied }: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Buffer {
  const from = Math.floor((at * bytes.length) / 1000);
  const middle = inserted ?? bytes.subarray(Math.floor(from / 2), Math.floor(from / 2) + copied);
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(from + (removed ?? middle.length))]);
}

describe('torrent: reading mutations of good ones', () => {
  it('gives a torrent that holds together, or a BftError, and nothing else', () => {
    const outcomes = new Map<string, number>();
    const seeds = fc.constantFrom(...SEEDS);
    fc.assert(
      fc.property(seeds, fc.array(mutation, { minLength: 1, maxLength: 2 }), (seed, mutations) => {
        const bytes = mutations.reduce(mutate, seed);
        try {
          const { files, length, pieceLength, pieces } = parseTorrent(bytes, 'x');
          outcomes.set('accepted', (outcomes.get('accepted') ?? 0) + 1);
          let offset = 0;
          for (const file of files) {
            assert.equal(file.offset, offset);
            assert.ok(!file.path.startsWith('/') && !file.path.split('/').includes('..'), file.path);
            offset += file.length;
          }
          assert.equal(offset, length);
          assert.equal(pieces.length, Math.ceil(length / pieceLength) * 20);
        } catch (error) {
          assert.ok(error instanceof BftError, `threw ${String(error)}`);
          assert.ok(['TORRENT_INVALID', 'NAME_UNSAFE'].includes(error.code), error.code);
          outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1);
        }
      }),
      { numRuns: 6000 },
    );
    // Mutations that never get past the first byte would prove nothing.
    for (const outcome of ['accepted', 'TORRENT_INVALID', 'NAME_UNSAFE']) {
      assert.ok((outcomes.get(outcome) ?? 0) >= 10, `${outcome}: ${outcomes.get(outcome) ?? 0}`);
    }
  });

  it('survives random bytes behind a good beginning', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.nat(300), fc.uint8Array({ maxLength: 60 }), (seed, length, tail) => {
        assert.throws(
          () => parseTorrent(Buffer.concat([seed.subarray(0, length), tail, Buffer.from('x')]), 'x'),
          BftError,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
