import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { commandsPage } from '../../src/cli/document.ts';
import { configurationPage } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ERRORS } from '../../src/core/errors.ts';

const page = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

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

  for (const role of ['sender', 'cacher', 'receiver']) {
    it(`has a sample configuration for a ${role} that is accepted`, async () => {
      const config = await loadConfig(new URL(`../../etc/${role}.config.json`, import.meta.url).pathname);
      assert.equal(config.servertype, role);
    });
  }
});
