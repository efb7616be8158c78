import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { blocksOf, pageText, proseOf, ROOT } from './pages.ts';

const PAGES = [
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  ...readdirSync(new URL('docs/', ROOT))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

describe('the links of the documentation', () => {
  for (const page of PAGES)
    it(`of ${page} lead somewhere`, async () => {
      for (const link of linksOf(await pageText(page))) {
        const [path = '', anchor] = link.split('#');
        const target = new URL(path === '' ? new URL(page, ROOT) : path, new URL(page, ROOT));
        assert.ok(existsSync(target), `${page}: ${link}`);
        if (anchor === undefined) continue;
        const anchors = anchorsOf(await pageText(target.href));
        assert.ok(anchors.has(decodeURIComponent(anchor)), `${page}: ${link}: there are ${[...anchors].join(', ')}`);
      }
    });

  it('have the anchors that a forge makes', () => {
    const page =
      '# `bft` and more\n\n```sh\n# no heading\n```\n\n## A, B: c_d\n\n## A, B: c_d\n\n<a id="own"></a>\n\n## 下一步';
    assert.deepEqual([...anchorsOf(page)], ['bft-and-more', 'a-b-c_d', 'a-b-c_d-1', '下一步', 'own']);
    assert.deepEqual(linksOf('[a](b.md#c) `[d](e)` [f](https://g.example/) ![h](i.svg)'), ['b.md#c', 'i.svg']);
    assert.throws(() => blocksOf('```sh\nls'), /line 2 is not closed/);
  });
});

/** The relative ones. */
function linksOf(page: string): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter(link => !/^[a-z]+:/.test(link));
}

function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let own = slug;
    for (let again = 1; anchors.has(own); again++) own = `${slug}-${again}`;
    anchors.add(own);
  }
  for (const [, id = ''] of page.matchAll(/<a id="([^"]+)">/g)) anchors.add(id);
  return anchors;
}
