import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { type Extent, Manifest } from '../../src/torrent/manifest.ts';
import type { Metainfo } from '../../src/torrent/metainfo.ts';
import { PieceMap } from '../../src/torrent/piece-map.ts';
import { naivePieces, sha1Hex } from './bencoding.ts';

const MIB = 1024 * 1024;

/** A package in memory, with its metainfo and file list. */
function packageOf(sizes: readonly number[], pieceLength: number) {
  const content = new Map(sizes.map((size, index) => [`f${index}`, randomBytes(size)]));
  const row = Buffer.concat([...content.values()]);
  const files: Metainfo['files'][number][] = [];
  let offset = 0;
  for (const [path, { length }] of content) {
    files.push({ path, length, offset });
    offset += length;
  }
  const metainfo: Metainfo = {
    type: 'dir',
    infoHash: '',
    name: 'pkg',
    pieceLength,
    pieces: naivePieces(row, pieceLength),
    length: row.length,
    files,
    announce: [],
  };
  const filelist = [...content].map(([file, bytes]) => ({ file, hash: sha1Hex(bytes), size: bytes.length }));
  const bytesOf = ({ file, offset, length }: Extent) =>
    content.get(file)?.subarray(offset, offset + length) ?? Buffer.of();
  return { content, row, metainfo, filelist, bytesOf };
}

const sizes = fc.array(fc.oneof(fc.nat(3), fc.nat(40), fc.nat(200)), { minLength: 1, maxLength: 12 });
const pieceLength = fc.integer({ min: 1, max: 64 });

/** Every unit in order and without gaps, from the first byte to the last. */
function assertTiles(units: readonly Extent[], file: string, size: number): void {
  let at = 0;
  for (const unit of units) {
    assert.deepEqual([unit.file, unit.offset], [file, at]);
    assert.ok(unit.length > 0);
    at += unit.length;
  }
  assert.equal(at, size);
}

describe('torrent: manifest', () => {
  it('cuts every file into units exactly, with the torrent and without', () => {
    fc.assert(
      fc.property(sizes, pieceLength, fc.boolean(), (sizes, pieceLength, bound) => {
        const { filelist, metainfo } = packageOf(sizes, pieceLength);
        const manifest = new Manifest(filelist, bound ? metainfo : undefined);
        for (const { file, size, hash } of filelist) {
          assertTiles(manifest.units(file), file, size);
          assert.deepEqual(manifest.extent(file), { file, offset: 0, length: size });
          assert.equal(manifest.sha1(file), hash);
        }
      }),
    );
  });

  it('covers every byte by a unit with a hash or by a border, and every hash is right', () => {
    fc.assert(
      fc.property(sizes, pieceLength, (sizes, pieceLength) => {
        const { content, filelist, metainfo, bytesOf } = packageOf(sizes, pieceLength);
        const manifest = new Manifest(filelist, metainfo);
        const covered = new Map([...content].map(([file, bytes]) => [file, new Uint8Array(bytes.length)]));
        const cover = ({ file, offset, length }: Extent) => covered.get(file)?.fill(1, offset, offset + length);
        for (const unit of filelist.flatMap(({ file }) => manifest.units(file))) {
          if (unit.sha1 === undefined) continue;
          assert.equal(unit.sha1, sha1Hex(bytesOf(unit)));
          cover(unit);
        }
        for (const { sha1, parts } of manifest.borders()) {
          assert.equal(sha1, sha1Hex(Buffer.concat(parts.map(bytesOf))));
          parts.forEach(cover);
        }
        for (const [file, bytes] of covered) assert.ok(!bytes.includes(0), `${file} has a byte that nothing checks`);
      }),
      { numRuns: 300 },
    );
  });

  it('names a border once, and none that a unit checks already', () => {
    const { filelist, metainfo } = packageOf([100, 100, 96], 16);
    const borders = new Manifest(filelist, metainfo).borders();
    assert.deepEqual(
      borders.map(({ parts }) => parts),
      [
        [
          { file: 'f0', offset: 96, length: 4 },
          { file: 'f1', offset: 0, length: 12 },
        ],
        [
          { file: 'f1', offset: 92, length: 8 },
          { file: 'f2', offset: 0, length: 8 },
        ],
      ],
    );
  });

  it('has no borders where files end with pieces, and checks the last, shorter piece as a unit', () => {
    const { filelist, metainfo } = packageOf([48, 0, 51], 16);
    const manifest = new Manifest(filelist, metainfo);
    assert.deepEqual(manifest.borders(), []);
    const last = manifest.units('f2').at(-1);
    assert.deepEqual([last?.offset, last?.length, typeof last?.sha1], [48, 3, 'string']);
    assert.deepEqual(manifest.units('f1'), []);
  });

  it('checks a file of up to two pieces whole, by its own hash', () => {
    const { filelist, metainfo } = packageOf([5, 32, 33], 16);
    const manifest = new Manifest(filelist, metainfo);
    assert.deepEqual(manifest.units('f1'), [{ file: 'f1', offset: 0, length: 32, sha1: filelist[1]?.hash }]);
    assert.equal(manifest.units('f2').length, 3);
  });

  it('decision 20: without a torrent, cuts large files into 4 MiB without hashes, and knows no borders', () => {
    const hash = '0'.repeat(40);
    const manifest = new Manifest(
      [
        { file: 'small', hash, size: 8 * MIB },
        { file: 'large', hash, size: 9 * MIB },
      ],
      undefined,
    );
    assert.deepEqual(manifest.units('small'), [{ file: 'small', offset: 0, length: 8 * MIB, sha1: hash }]);
    assert.deepEqual(manifest.units('large'), [
      { file: 'large', offset: 0, length: 4 * MIB },
      { file: 'large', offset: 4 * MIB, length: 4 * MIB },
      { file: 'large', offset: 8 * MIB, length: MIB },
    ]);
    assert.deepEqual(manifest.borders(), []);
  });

  it('knows only files of the list', () => {
    const { filelist, metainfo } = packageOf([5], 16);
    assert.throws(() => new Manifest(filelist, metainfo).units('ghost'), /ghost is not in the file list/);
  });
});

describe('torrent: piece map', () => {
  it('gives the bytes of every piece, in order, and every file its first and last piece', () => {
    fc.assert(
      fc.property(sizes, pieceLength, (sizes, pieceLength) => {
        const { row, metainfo, bytesOf } = packageOf(sizes, pieceLength);
        const map = new PieceMap(metainfo);
        assert.equal(map.count, Math.ceil(row.length / pieceLength));
        for (let piece = 0; piece < map.count; piece++) {
          const extents = map.extents(piece);
          assert.ok(extents.every(({ length }) => length > 0));
          assert.deepEqual(
            Buffer.concat(extents.map(bytesOf)),
            row.subarray(piece * pieceLength, (piece + 1) * pieceLength),
          );
        }
        for (const file of metainfo.files.filter(({ length }) => length > 0)) {
          const touching = Array.from({ length: map.count }, (_, piece) => piece).filter(piece =>
            map.extents(piece).some(extent => extent.file === file.path),
          );
          assert.deepEqual(map.span(file), [touching[0], touching.at(-1)]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
