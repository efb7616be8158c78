import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { appendFile, mkdir, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { checkContents } from '../../src/dcp/check-contents.ts';
import { checkDcp } from '../../src/dcp/check-dcp.ts';
import { FINDINGS, Findings } from '../../src/dcp/findings.ts';
import type { PackageFile } from '../../src/disk/walk.ts';
import { reportText } from '../../src/dcp/report-text.ts';
import { mutatedBytes } from '../fuzz/mutated.ts';
import { runsOf } from '../fuzz/fuzz.ts';
import { HashPool } from '../../src/torrent/hash-pool.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { checkWith, edit, fileOf, makeDcp, NAMESPACES, newId, seal } from './packages.ts';

/** What is done to a valid package, and what must be found then. */
interface Case {
  readonly what: string;
  readonly harm: (directory: string) => Promise<unknown>;
  readonly finds: readonly string[];
  readonly verdict: string;
}

const inMap = (from: string | RegExp, to: string) => (directory: string) =>
  edit(directory, 'ASSETMAP', text => text.replace(from, to));
const inList = (from: string | RegExp, to: string) => (directory: string) =>
  edit(directory, 'PKL_', text => text.replace(from, to));
const inCpl = (from: string | RegExp, to: string) => async (directory: string) => {
  await edit(directory, 'CPL_', text => text.replace(from, to));
  await seal(directory);
};
const OTHER_HASH = 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=';

const CASES: readonly Case[] = [
  { what: 'nothing', harm: async () => {}, finds: [], verdict: 'valid' },
  {
    what: 'one bit of an essence',
    harm: async directory => {
      const handle = await open(`${directory}/${await fileOf(directory, 'pic_')}`, 'r+');
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, 1000);
      await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, 1000);
      await handle.close();
    },
    finds: ['HASH_DIFFERS'],
    verdict: 'broken',
  },
  {
    what: 'the end of an essence',
    harm: async directory => truncate(`${directory}/${await fileOf(directory, 'snd_')}`, 100),
    finds: ['SIZE_DIFFERS', 'CHUNK_LENGTH'],
    verdict: 'broken',
  },
  {
    what: 'an essence',
    harm: async directory => rm(`${directory}/${await fileOf(directory, 'snd_')}`),
    finds: ['FILE_MISSING'],
    verdict: 'broken',
  },
  {
    what: 'the packing list',
    harm: async directory => rm(`${directory}/${await fileOf(directory, 'PKL_')}`),
    finds: ['FILE_MISSING', 'CPL_NONE'],
    verdict: 'broken',
  },
  {
    what: 'an essence, by a link to it',
    harm: async directory => {
      const name = await fileOf(directory, 'pic_');
      await rename(`${directory}/${name}`, `${directory}-aside.mxf`);
      await symlink(`${directory}-aside.mxf`, `${directory}/${name}`);
    },
    finds: ['PATH_LINK'],
    verdict: 'broken',
  },
  {
    what: 'nothing, but adds what does not belong there',
    harm: async directory => {
      await writeFile(`${directory}/notes.txt`, 'x');
      await writeFile(`${directory}/.DS_Store`, 'x');
      await mkdir(`${directory}/empty`);
    },
    finds: ['FILE_UNMAPPED', 'FILE_HIDDEN', 'DIRECTORY_EMPTY'],
    verdict: 'valid',
  },
  {
    what: 'the name of the map',
    harm: directory => rename(`${directory}/ASSETMAP.xml`, `${directory}/ASSETMAP`),
    finds: ['MAP_NAME'],
    verdict: 'broken',
  },
  {
    what: 'nothing, but has a second map',
    harm: directory => writeFile(`${directory}/ASSETMAP`, '<AssetMap/>'),
    finds: ['MAP_TWICE'],
    verdict: 'broken',
  },
  {
    what: 'the volume index',
    harm: directory => rm(`${directory}/VOLINDEX.xml`),
    finds: ['VOLUME_INDEX_MISSING'],
    verdict: 'valid',
  },
  {
    what: 'the end of the map',
    harm: d => truncate(`${d}/ASSETMAP.xml`, 700),
    finds: ['XML_INVALID'],
    verdict: 'broken',
  },
  {
    what: 'the map, by one with a document type',
    harm: inMap('<AssetMap', '<!DOCTYPE x [<!ENTITY a "b">]><AssetMap'),
    finds: ['XML_DOCTYPE'],
    verdict: 'broken',
  },
  { what: 'the root of the map', harm: inMap(/AssetMap/g, 'Map'), finds: ['ROOT_UNKNOWN'], verdict: 'broken' },
  {
    what: 'the namespace of the map',
    harm: inMap(NAMESPACES.AM[0], 'http://example.com/AM'),
    finds: ['NAMESPACE_UNKNOWN'],
    verdict: 'unsupported',
  },
  {
    what: 'the namespace of the list, by that of the other standard',
    harm: inList(...NAMESPACES.PKL),
    finds: ['STANDARDS_MIXED'],
    verdict: 'broken',
  },
  {
    what: 'the number of volumes',
    harm: inMap('<VolumeCount>1', '<VolumeCount>2'),
    finds: ['VOLUMES'],
    verdict: 'unsupported',
  },
  {
    what: 'an asset, into two chunks',
    harm: inMap(/<Chunk>[^]*?<\/Chunk>/, '$&$&'),
    finds: ['CHUNKS', 'CPL_NONE', 'FILE_UNMAPPED'],
    verdict: 'unsupported',
  },
  {
    what: 'the offset of an asset',
    harm: inMap(/(pic_[^]*?)<Offset>0/, '$1<Offset>5'),
    finds: ['CHUNK_OFFSET', 'FILE_UNMAPPED'],
    verdict: 'unsupported',
  },
  {
    what: 'paths, by refused ones',
    harm: directory =>
      edit(directory, 'ASSETMAP', text =>
        ['<Path>/etc/passwd<', '<Path>a/../../x<', '<Path><'].reduce(
          (now, to) => now.replace(/<Path>(pic|snd)_[^<]*</, to),
          text,
        ),
      ),
    finds: ['PATH_REFUSED', 'FILE_UNMAPPED'],
    verdict: 'broken',
  },
  { what: 'the form of paths', harm: inMap(/<Path>/g, '<Path>file://'), finds: [], verdict: 'valid' },
  { what: 'an encoded path', harm: inMap(/<Path>pic_/, '<Path>./%70ic_'), finds: [], verdict: 'valid' },
  {
    what: 'the case of ids',
    harm: directory => edit(directory, 'ASSETMAP', text => text.replaceAll(/urn:uuid:[^<]*/g, id => id.toUpperCase())),
    finds: [],
    verdict: 'valid',
  },
  {
    what: 'all ids of the map, into one',
    harm: inMap(/urn:uuid:[^<]*/g, 'urn:uuid:00000000-0000-4000-8000-000000000000'),
    finds: ['ID_TWICE', 'PKL_ID', 'ASSET_UNMAPPED', 'CPL_NONE', 'FILE_UNMAPPED'],
    verdict: 'broken',
  },
  {
    what: 'nothing, but has a second id for an essence',
    harm: inMap(/<Asset>\s*<Id>[^<]*(<\/Id>\s*<ChunkList>[^]*?<\/Asset>)/, `$&<Asset><Id>${newId()}$1`),
    finds: ['PATH_TWICE', 'ASSET_UNLISTED'],
    verdict: 'valid',
  },
  {
    what: 'an id, by none',
    harm: inList(/(<Asset>\s*<Id>)urn:uuid:/, '$1uuid:'),
    finds: ['ID_INVALID', 'ASSET_UNLISTED', 'CPL_UNLISTED'],
    verdict: 'broken',
  },
  {
    what: 'an entry, by none that could be',
    harm: inList(/<Size>\d+/, '<Size>-1'),
    finds: ['PKL_ENTRY', 'ASSET_UNLISTED', 'CPL_UNLISTED'],
    verdict: 'broken',
  },
  {
    what: 'the marker of the list',
    harm: inMap('<PackingList>true</PackingList>', ''),
    finds: ['PKL_NONE', 'ASSET_UNLISTED', 'CPL_NONE'],
    verdict: 'broken',
  },
  { what: 'a hash', harm: inList(/<Hash>[^<]*<\/Hash>/, ''), finds: ['HASH_ABSENT'], verdict: 'valid' },
  {
    what: 'a hash in the composition',
    harm: inCpl(/<Hash>[^<]*/, `<Hash>${OTHER_HASH}`),
    finds: ['CPL_HASH'],
    verdict: 'broken',
  },
  {
    what: 'the namespace of the composition',
    harm: inCpl(NAMESPACES.CPL[0], 'http://www.smpte-ra.org/schemas/2067-3/2016'),
    finds: ['CPL_UNKNOWN'],
    verdict: 'valid',
  },
  {
    what: 'the composition: markers and metadata have ids, too',
    harm: inCpl('<MainSound>', `<MainMarkers><Id>${newId()}</Id></MainMarkers><MainSound>`),
    finds: [],
    verdict: 'valid',
  },
];

describe('dcp: check of a package', () => {
  const at = temporaryDirectory();
  let pool: HashPool;
  before(() => void (pool = new HashPool(1)));
  after(() => pool.close());

  for (const { what, harm, finds, verdict } of CASES) {
    it(`changes ${what}: ${finds.join(', ') || 'nothing is found'}`, async () => {
      await makeDcp(at('film'));
      await harm(at('film'));
      const report = await checkWith(pool, at('film'));
      assert.deepEqual(Object.keys(report.counts).sort(), finds.toSorted(), JSON.stringify(report.findings, null, 1));
      assert.equal(report.verdict, verdict);
      for (const code of finds) assert.ok(reportText(report).includes(code), code);
    });
  }

  it('tells of a package of Interop', async () => {
    await makeDcp(at('film'));
    await edit(at('film'), 'CPL_', text => text.replace(...NAMESPACES.CPL));
    await seal(at('film'));
    await edit(at('film'), 'PKL_', text =>
      text.replace(...NAMESPACES.PKL).replace('>text/xml<', '>text/xml;asdcpKind=CPL<'),
    );
    await edit(at('film'), 'ASSETMAP', text =>
      text.replace(...NAMESPACES.AM).replace('<PackingList>true</PackingList>', '<PackingList/>'),
    );
    await rename(at('film', 'ASSETMAP.xml'), at('film', 'ASSETMAP'));
    await rename(at('film', 'VOLINDEX.xml'), at('film', 'VOLINDEX'));
    const { verdict, standard, findings, hashes, compositions } = await checkWith(pool, at('film'));
    assert.deepEqual([verdict, standard, findings], ['valid', 'Interop', []]);
    assert.deepEqual(hashes, { checked: 9, unchecked: 0 });
    assert.deepEqual([compositions[0]?.reels, compositions[0]?.signed, compositions[0]?.encrypted], [4, false, false]);
  });

  it('names the OV of a version file, when that lies beside it', async () => {
    await makeDcp(at('Film_OV'), 'Film_FTR_OV');
    await makeDcp(at('Film_VF'), 'Film_FTR_VF');
    const id = /<Id>(urn:uuid:[^<]*)<\/Id>/.exec(
      (await readFile(at('Film_OV', await fileOf(at('Film_OV'), 'ASSETMAP')), 'utf8'))
        .split('pic_')[0]
        ?.split('<Asset>')
        .at(-1) ?? '',
    );
    assert.ok(id?.[1]);
    await edit(at('Film_VF'), 'CPL_', text =>
      text.replace(/(<MainPicture>\s*<Id>)[^<]*(<[^]*?)<Hash>[^<]*<\/Hash>/, `$1${id[1]}$2`),
    );
    await seal(at('Film_VF'));
    const { verdict, compositions, findings } = await checkWith(pool, at('Film_VF'));
    assert.equal(verdict, 'incomplete');
    assert.deepEqual(compositions[0]?.missing, [id[1].slice('urn:uuid:'.length)]);
    assert.equal(compositions[0]?.ov, 'Film_FTR_OV (Film_OV)');
    assert.match(
      findings.find(({ code }) => code === 'OV_REQUIRED')?.text ?? '',
      /"Film_FTR_VF" plays 1 assets .* OV required/,
    );
    await rm(at('Film_OV'), { recursive: true });
    assert.equal((await checkWith(pool, at('Film_VF'))).compositions[0]?.ov, '');
  });

  it('sees a signature and keys, and makes names harmless for a terminal', async () => {
    await makeDcp(at('film'));
    await edit(at('film'), 'CPL_', text =>
      text
        .replace('<MainPicture>', `<MainPicture><KeyId>${newId()}</KeyId>`)
        .replace(
          '</CompositionPlaylist>',
          '<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/></CompositionPlaylist>',
        ),
    );
    await seal(at('film'));
    await writeFile(at('film', 'a\u001b[2Jb\u202e'), 'x');
    const report = await checkWith(pool, at('film'));
    assert.deepEqual([report.compositions[0]?.signed, report.compositions[0]?.encrypted], [true, true]);
    assert.equal(report.packinglists[0]?.signed, false);
    assert.deepEqual(
      report.findings.map(({ file }) => file),
      ['a\\u{1b}[2Jb\\u{202e}'],
    );
  });

  it('is no DCP without a map, and says what was not read without hashes', async () => {
    const signal = new AbortController().signal;
    await mkdir(at('none'));
    assert.equal(await checkDcp(at('none'), { signal }), undefined);
    await assert.rejects(checkDcp(at('nothing'), { signal }), { code: 'SOURCE_MISSING' });
    await makeDcp(at('film'));
    const report = await checkDcp(at('film'), { signal });
    assert.deepEqual(
      [report?.verdict, report?.hashes, report?.counts],
      ['valid', { checked: 0, unchecked: 9 }, { HASH_UNCHECKED: 1 }],
    );
  });

  it('keeps two hundred findings of a kind and counts them all', async () => {
    await makeDcp(at('film'));
    for (let n = 0; n < 250; n++) await appendFile(at('film', `stray ${n}`), '');
    const report = await checkWith(pool, at('film'));
    assert.deepEqual([report.findings.length, report.counts], [200, { FILE_UNMAPPED: 250 }]);
    assert.match(reportText(report), /FILE_UNMAPPED: 250 in all/);
  });

  it('reads a packing list once, however many ids the map has for it', async () => {
    await makeDcp(at('film'));
    const more = Array.from({ length: 50 }, () => `$&<Asset><Id>${newId()}$1`).map(text => text.slice(2));
    await inMap(/<Asset>\s*<Id>[^<]*(<\/Id>\s*<PackingList>[^]*?<\/Asset>)/, `$&${more.join('')}`)(at('film'));
    const { counts, packinglists, hashes } = await checkWith(pool, at('film'));
    assert.deepEqual([counts, packinglists.length], [{ PKL_ID: 50, PATH_TWICE: 50 }, 1]);
    assert.equal(hashes.checked, 9);
  });

  it('looks at a thousand files that may be compositions, and says that there are more', async () => {
    await makeDcp(at('film'));
    const names = Array.from({ length: 1001 }, (_, n) => `c${n}.xml`);
    const ids = names.map(() => newId());
    for (const name of names) await writeFile(at('film', name), '<x/>');
    const entry = (id: string) => `<Asset><Id>${id}</Id><Size>4</Size><Type>text/xml</Type></Asset>`;
    await inList('</AssetList>', `${ids.map(entry).join('')}</AssetList>`)(at('film'));
    const place = (id: string, index: number) =>
      `<Asset><Id>${id}</Id><ChunkList><Chunk><Path>${names[index]}</Path></Chunk></ChunkList></Asset>`;
    await inMap('</AssetList>', `${ids.map(place).join('')}</AssetList>`)(at('film'));
    const { verdict, counts } = await checkWith(pool, at('film'));
    assert.deepEqual([verdict, counts], ['unsupported', { HASH_ABSENT: 1001, XML_LIMIT: 1 }]);
  });

  it('does not take longer than it must for a file that has a hundred thousand ids', async () => {
    const listed = { path: 'a.mxf', size: 1, mtimeMs: 0, ctimeMs: 0, inode: 1n } as unknown as PackageFile;
    const claim = { path: 'a.mxf', size: 1, sha1: OTHER_HASH, mayBeComposition: false, list: 'PKL.xml' };
    const assets = Array.from({ length: 100_000 }, (_, n) => ({ ...claim, id: String(n) }));
    const findings = new Findings();
    const { signal } = new AbortController();
    const files = new Map([['a.mxf', listed]]);
    const inspection = { directory: at(), files, refused: new Set<string>(), findings, signal };
    const began = performance.now();
    await checkContents(inspection, assets, { hashOf: () => Promise.resolve(''), onProgress: () => {} });
    assert.equal(findings.counts.HASH_DIFFERS, 100_000);
    assert.ok(performance.now() - began < 5000);
  });

  it('stops when it is told to', async () => {
    await makeDcp(at('film'));
    const ending = new AbortController();
    const hashOf = () => Promise.resolve(ending.abort()).then(() => '');
    await assert.rejects(checkDcp(at('film'), { hashOf, signal: ending.signal }), { name: 'AbortError' });
  });

  it('finds something, or nothing, in a package whose documents are changed at random, and never fails', async () => {
    await makeDcp(at('film'));
    const signal = new AbortController().signal;
    const verdicts = new Set<string | undefined>();
    for (const start of ['ASSETMAP', 'PKL_', 'CPL_']) {
      const path = at('film', await fileOf(at('film'), start));
      const valid = await readFile(path);
      const property = fc.asyncProperty(mutatedBytes([valid], ['AssetList', '<Asset>', '&a;']), async bytes => {
        await writeFile(path, bytes);
        const report = await checkDcp(at('film'), { signal });
        verdicts.add(report?.verdict);
        assert.ok(report && reportText(report) !== '');
        assert.equal(
          report.verdict === 'broken',
          report.findings.some(({ code }) => FINDINGS[code].verdict === 'broken'),
        );
      });
      await fc.assert(property, runsOf(100));
      await writeFile(path, valid);
    }
    assert.ok(verdicts.has('valid') && verdicts.has('broken'), [...verdicts].join(' '));
  });
});
