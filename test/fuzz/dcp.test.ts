import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { assetMap, pathInPackage } from '../../src/dcp/asset-map.ts';
import { composition } from '../../src/dcp/composition.ts';
import { FINDINGS, shown } from '../../src/dcp/findings.ts';
import { packingList } from '../../src/dcp/packing-list.ts';
import { type DocumentKind, XmlFault, XmlReader } from '../../src/dcp/xml-reader.ts';
import {
  type Asset,
  assetMap as mapOf,
  compositionPlaylist,
  packingList as listOf,
} from '../../src/demo/dcp/documents.ts';
import { assertSafePath, fuzz } from './fuzz.ts';
import { mutatedBytes } from './mutated.ts';

const heading = {
  id: '4a0f7fd1-7c3f-4a8c-9c1f-0d1f2c3b4a5d',
  title: 'Film & 战狼',
  issued: '2026-11-21T20:45:00+08:00',
};
const asset = (n: number): Asset => ({
  id: `4a0f7fd1-7c3f-4a8c-9c1f-0d1f2c3b4a5${n}`,
  file: `pic ${n}.mxf`,
  size: 1000 * n,
  hash: Buffer.alloc(20, n).toString('base64'),
  type: 'application/mxf',
});
const reel = { id: heading.id, picture: asset(2), sound: asset(3) };
const WORDS = [
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '&b;',
  '&#0;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '<?',
  '?>',
  '<a ',
  ' xmlns:a=""',
  'AssetList',
  '<AssetList>',
  '</Asset>',
];

/** Reads in pieces of any length, so that every state of the parser meets the end of one. */
function read<R>(kind: DocumentKind<R>, text: string, piece: number): readonly R[] | undefined {
  try {
    const reader = new XmlReader(kind);
    for (let at = 0; at < text.length; at += piece) reader.write(text.slice(at, at + piece));
    return reader.end().records;
  } catch (error) {
    assert.ok(error instanceof XmlFault && error.code in FINDINGS && error.message !== '', String(error));
    return undefined;
  }
}

const inputs = (text: string) =>
  fc.tuple(
    mutatedBytes([text], WORDS).map(bytes => bytes.toString()),
    fc.integer({ min: 1, max: 5000 }),
  );

describe('fuzz: documents of a DCP', () => {
  fuzz({
    name: 'SMPTE 429-9 asset maps',
    inputs: inputs(mapOf(heading, asset(1), [asset(2), asset(3)])),
    runs: 3000,
    refusals: [],
    check: ([text, piece]) => {
      for (const { chunks } of read(assetMap, text, piece) ?? []) {
        for (const { path } of chunks) {
          const place = pathInPackage(path);
          if ('path' in place) assert.ok(!place.path.startsWith('/') && !place.path.split('/').includes('..'), path);
        }
      }
    },
  });

  fuzz({
    name: 'SMPTE 429-8 packing lists',
    inputs: inputs(listOf(heading, [asset(1), asset(2)])),
    runs: 3000,
    refusals: [],
    check: ([text, piece]) => void read(packingList, text, piece),
  });

  fuzz({
    name: 'SMPTE 429-7 compositions',
    inputs: inputs(compositionPlaylist(heading, heading.id, [reel, reel])),
    runs: 3000,
    refusals: [],
    check: ([text, piece]) => void read(composition, text, piece),
  });

  fuzz({
    name: 'what of them is shown',
    inputs: fc.string({ unit: 'binary' }),
    runs: 3000,
    refusals: [],
    check: text => assert.doesNotMatch(shown(text), /[\p{Cc}\p{Cf}]/u),
  });

  for (const [what, text, code] of [
    ['levels', '<AssetMap>'.repeat(65), 'XML_LIMIT'],
    ['attributes', `<AssetMap ${Array.from({ length: 300 }, (_, n) => `a${n}="" `).join('')}/>`, 'XML_LIMIT'],
    ['elements', `<AssetMap>${'<a/>'.repeat(20_001)}</AssetMap>`, 'XML_LIMIT'],
    [
      'elements of an entry',
      `<AssetMap><AssetList><Asset>${'<a/>'.repeat(20_001)}</Asset></AssetList></AssetMap>`,
      'XML_LIMIT',
    ],
    ['entries', `<AssetMap><AssetList>${'<a/>'.repeat(200_001)}</AssetList></AssetMap>`, 'XML_LIMIT'],
    ['characters', `<AssetMap>${'x'.repeat(256 * 1024 + 1)}</AssetMap>`, 'XML_LIMIT'],
    ['a comment', `<AssetMap><!--${'x'.repeat(2 * 1024 * 1024)}--></AssetMap>`, 'XML_LIMIT'],
    ['roots', '<AssetMap/><AssetMap/>', 'XML_INVALID'],
    ['entities', '<AssetMap>&lol;</AssetMap>', 'XML_INVALID'],
    ['nothing', '', 'XML_INVALID'],
  ] as const) {
    it(`is bounded: ${what}`, () => {
      const reader = new XmlReader(assetMap);
      assert.throws(
        () => {
          for (let at = 0; at < text.length; at += 65_536) reader.write(text.slice(at, at + 65_536));
          reader.end();
        },
        { code },
      );
    });
  }

  it('keeps a path in the package', () => {
    assert.deepEqual(pathInPackage('file://./sub//a.mxf'), { path: 'sub/a.mxf' });
    for (const path of ['', 'file://', 'file:///a', '/a', 'C:\\a', '..', 'a/../../b', './', 'a\0'])
      assert.ok('why' in pathInPackage(path), path);
    assertSafePath('sub/a.mxf');
  });
});
