import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { commandsPage } from '../../src/cli/document.ts';
import { configurationPage } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ERRORS } from '../../src/core/errors.ts';

const page = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

/** As GitHub and the console name them; and those that are named by hand. */
const sectionsOf = (text: string) => [
  ...[...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  ),
  ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id),
];

describe('the documentation tells the truth', () => {
  it('has a section for every error code, and none for others, with what comes next', async () => {
    const text = await page('ERRORS.md');
    const sections = text.split(/^## /m).slice(1);
    assert.deepEqual(
      sections.map(section => section.split('\n')[0]),
      Object.keys(ERRORS),
    );
    for (const [index, { status, next }] of Object.values(ERRORS).entries()) {
      assert.ok(sections[index]?.includes(`HTTP status ${status}.`), sections[index]);
      assert.ok(sections[index]?.includes(`Next: ${next}`), sections[index]);
    }
  });

  it('has the configuration page that the schema makes (npm run docs)', async () => {
    assert.equal(await page('CONFIGURATION.md'), configurationPage());
  });

  it('has the page of bft that its table makes (npm run docs)', async () => {
    assert.equal(await page('BFT.md'), commandsPage());
  });

  it('links to pages and sections that are there', async () => {
    const names = (await readdir(new URL('../../docs', import.meta.url))).filter(name => name.endsWith('.md'));
    const pages = ['../README.md', '../README.zh-CN.md', '../CHANGELOG.md', ...names];
    const dead: string[] = [];
    for (const name of pages) {
      for (const [, link = ''] of (await page(name)).matchAll(/\]\(([^)]+)\)/g)) {
        if (/^[a-z]+:/.test(link)) continue;
        const [path, section] = link.split('#');
        const target = new URL(path || name.replace('../', ''), new URL(`../../docs/${name}`, import.meta.url));
        const text = await readFile(target, 'utf8').catch((error: unknown) => {
          if (!(error instanceof Error && 'code' in error && error.code === 'EISDIR')) dead.push(`${name}: ${link}`);
        });
        if (section && text !== undefined && !sectionsOf(text).includes(section)) dead.push(`${name}: ${link}`);
      }
    }
    assert.deepEqual(dead, []);
  });

  for (const role of ['sender', 'cacher', 'receiver']) {
    it(`has a sample configuration for a ${role} that is accepted`, async () => {
      const config = await loadConfig(new URL(`../../etc/${role}.config.json`, import.meta.url).pathname);
      assert.equal(config.servertype, role);
    });
  }
});
