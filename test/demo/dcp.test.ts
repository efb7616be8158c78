import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METHODS } from '../../src/core/method.ts';
import { generateDcp } from '../../src/demo/dcp/generate.ts';
import { planReels } from '../../src/demo/dcp/plan.ts';
import { element, xmlDocument } from '../../src/demo/dcp/xml.ts';
import { Interrupted } from '../../src/demo/failure.ts';
import { parseRatio } from '../../src/task/ratio.ts';
import { splitFiles } from '../../src/task/split.ts';
import { never, scratchDirectory } from './scratch.ts';

const MIB = 1024 * 1024;
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const TITLE = 'Film & <Töne> 电影';

/** The texts of all elements of that name. */
function texts(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(match => match[1] ?? '');
}

/** The inner XML of all elements of that name. */
function blocks(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(match => match[1] ?? '');
}

function one(values: readonly string[]): string {
  assert.equal(values.length, 1);
  return values[0] ?? '';
}

describe('demo DCP', () => {
  const at = scratchDirectory();
  const directory = () => at('dcp');
  const make = (size = 2 * MIB) =>
    generateDcp({ directory: directory(), title: TITLE, size, issued: new Date('2026-01-02T03:04:05.678Z') }, never);
  const read = (name: string) => readFileSync(join(directory(), name), 'utf8');
  const only = (prefix: string) => one(readdirSync(directory()).filter(name => name.startsWith(prefix)));
  const digest = (name: string) =>
    createHash('sha1')
      .update(readFileSync(join(directory(), name)))
      .digest('base64');

  it('has a map, a volume index, a PKL, a CPL and large essences, and nothing else', async () => {
    await make();
    const names = readdirSync(directory());
    const kinds = names.map(name => name.replace(new RegExp(UUID), '<uuid>')).toSorted();
    const essences = [...Array<string>(4).fill('pic_<uuid>.mxf'), ...Array<string>(4).fill('snd_<uuid>.mxf')];
    assert.deepEqual(kinds, ['ASSETMAP.xml', 'CPL_<uuid>.xml', 'PKL_<uuid>.xml', 'VOLINDEX.xml', ...essences]);
  });

  it('lists every file but the map, the volume index and itself in the PKL, with its size and SHA-1', async () => {
    await make();
    const pkl = read(only('PKL_'));
    const assets = blocks(pkl, 'Asset');
    const listed = assets.map(asset => one(texts(asset, 'OriginalFileName')));
    const expected = readdirSync(directory()).filter(name => !/^(ASSETMAP|VOLINDEX|PKL_)/.test(name));
    assert.deepEqual(listed.toSorted(), expected.toSorted());
    for (const [index, asset] of assets.entries()) {
      const name = listed[index] ?? '';
      assert.equal(Number(one(texts(asset, 'Size'))), readFileSync(join(directory(), name)).length, name);
      assert.equal(one(texts(asset, 'Hash')), digest(name), name);
      assert.equal(one(texts(asset, 'Type')), name.endsWith('.mxf') ? 'application/mxf' : 'text/xml');
    }
  });

  it('maps the PKL and every id of the PKL to a file of the right length, in one volume', async () => {
    await make();
    const map = read('ASSETMAP.xml');
    const pkl = read(only('PKL_'));
    const assets = blocks(map, 'Asset');
    const ids = assets.map(asset => one(texts(asset, 'Id')));
    const listed = blocks(pkl, 'Asset').map(asset => one(texts(asset, 'Id')));
    assert.deepEqual(ids, [texts(pkl, 'Id')[0], ...listed]);
    assert.equal(new Set(ids).size, ids.length);
    for (const asset of assets) {
      const path = one(texts(asset, 'Path'));
      assert.equal(Number(one(texts(asset, 'Length'))), readFileSync(join(directory(), path)).length, path);
      assert.equal(one(texts(asset, 'VolumeIndex')), '1');
      assert.equal(one(texts(asset, 'Offset')), '0');
    }
    assert.deepEqual(texts(map, 'PackingList'), ['true']);
    assert.equal(one(texts(map, 'VolumeCount')), '1');
    assert.equal(one(texts(read('VOLINDEX.xml'), 'Index')), '1');
  });

  it('plays every essence in the CPL, with the hash of the PKL', async () => {
    await make();
    const cpl = read(only('CPL_'));
    const pkl = new Map(blocks(read(only('PKL_')), 'Asset').map(a => [one(texts(a, 'Id')), one(texts(a, 'Hash'))]));
    const tracks = [...blocks(cpl, 'MainPicture'), ...blocks(cpl, 'MainSound')];
    assert.equal(blocks(cpl, 'Reel').length, 4);
    assert.equal(tracks.length, 8);
    for (const track of tracks) assert.equal(one(texts(track, 'Hash')), pkl.get(one(texts(track, 'Id'))));
    for (const picture of blocks(cpl, 'MainPicture'))
      assert.equal(one(texts(picture, 'ScreenAspectRatio')), '1998 1080');
  });

  it('is in the namespaces of SMPTE, with the elements of the map in their order', async () => {
    await make();
    assert.match(read('ASSETMAP.xml'), /<AssetMap xmlns="http:\/\/www\.smpte-ra\.org\/schemas\/429-9\/2007\/AM">/);
    assert.match(read('VOLINDEX.xml'), /<VolumeIndex xmlns="http:\/\/www\.smpte-ra\.org\/schemas\/429-9\/2007\/AM">/);
    assert.match(read(only('PKL_')), /<PackingList xmlns="http:\/\/www\.smpte-ra\.org\/schemas\/429-8\/2007\/PKL">/);
    assert.match(
      read(only('CPL_')),
      /<CompositionPlaylist xmlns="http:\/\/www\.smpte-ra\.org\/schemas\/429-7\/2006\/CPL">/,
    );
    const header = [...read('ASSETMAP.xml').matchAll(/^ {2}<(\w+)/gm)].map(match => match[1]);
    const order = ['Id', 'AnnotationText', 'Creator', 'VolumeCount', 'IssueDate', 'Issuer', 'AssetList'];
    assert.deepEqual(header, order);
  });

  it('escapes the title and names ids and dates as XML wants them', async () => {
    await make();
    for (const name of ['ASSETMAP.xml', only('PKL_'), only('CPL_')]) {
      const xml = read(name);
      assert.equal(texts(xml, 'AnnotationText')[0], 'Film &amp; &lt;Töne&gt; 电影');
      assert.equal(texts(xml, 'IssueDate')[0], '2026-01-02T03:04:05+00:00');
      for (const id of texts(xml, 'Id')) assert.match(id, new RegExp(`^urn:uuid:${UUID}$`));
    }
  });

  it('stops when it is told to', async () => {
    const request = { directory: directory(), title: TITLE, size: MIB, issued: new Date() };
    await assert.rejects(generateDcp(request, AbortSignal.abort(new Interrupted('SIGINT'))), Interrupted);
  });
});

describe('demo DCP sizes', () => {
  for (const [size, ratio] of [
    [MIB, '1:1:1'],
    [24 * MIB, '1:1:1'],
    [24 * MIB, '2:1:1'],
    [512 * MIB, '1:1:1'],
    [512 * MIB, '2:1:1'],
    [512 * MIB, '3:2:1'],
    [512 * MIB, '1:0:1'],
    [100 * 1024 * MIB, '2:1:1'],
  ] as const) {
    it(`lets ${size / MIB} MiB be split ${ratio} nearly so`, () => {
      const essences = planReels(size).flatMap(({ picture, sound }) => [picture, sound]);
      const files = [...essences, 4000, 4000, 4000, 200].map((bytes, index) => ({ file: `${index}`, size: bytes }));
      const target = parseRatio(ratio);
      const sum = METHODS.reduce((all, method) => all + target[method], 0);
      const split = splitFiles(files, target, 'size');
      for (const method of METHODS) {
        const bytes = split[method].reduce((all, file) => all + (files[Number(file)]?.size ?? 0), 0);
        const off = Math.abs(bytes / size - target[method] / sum);
        assert.ok(off < (size > MIB ? 0.01 : 0.06), `${method} is off by ${off}`);
      }
    });
  }

  it('adds up to what was asked for', () => {
    for (const size of [MIB, 24 * MIB, 512 * MIB + 5]) {
      const got = planReels(size).reduce((all, { picture, sound }) => all + picture + sound, 0);
      assert.ok(got <= size && size - got < 8, `${got} of ${size}`);
      assert.ok(planReels(size).every(({ picture, sound }) => sound > 0 && picture > sound));
    }
  });
});

describe('demo XML', () => {
  it('nests, escapes and indents', () => {
    const root = element('A', [element('B', 'x < "y" & z'), element('C', []), element('D', [element('E', 1)])]);
    assert.equal(
      xmlDocument('urn:n', root),
      '<?xml version="1.0" encoding="UTF-8"?>\n<A xmlns="urn:n">\n  <B>x &lt; &quot;y&quot; &amp; z</B>\n' +
        '  <C/>\n  <D>\n    <E>1</E>\n  </D>\n</A>\n',
    );
  });
});
