import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { brotliDecompressSync } from 'node:zlib';
import { consoleAssets } from '../../src/console/assets.ts';
import { ERRORS } from '../../src/core/errors.ts';
import { until } from '../e2e/nodes.ts';

const MOST_BYTES = 40_000;

async function commandsOfChildren(): Promise<string[]> {
  const pids = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).split(' ').filter(Boolean);
  return await Promise.all(
    pids.map(pid =>
      readFile(`/proc/${pid}/comm`, 'utf8').then(
        text => text.trim(),
        () => '',
      ),
    ),
  );
}

describe('console: its files', () => {
  it('weighs at most 40 kB brotli in all, and leaves no process behind', async () => {
    const assets = (await consoleAssets()).values().toArray();
    const loaded = assets.filter(({ path }) => !path.startsWith('/docs/'));
    const size = loaded.reduce((sum, { brotli }) => sum + brotli.length, 0);
    assert.ok(size <= MOST_BYTES, `${size} bytes`);
    for (const { body, brotli, etag } of assets) {
      assert.deepEqual(brotliDecompressSync(brotli), body);
      assert.match(etag, /^"[\w-]{22}"$/);
    }
    await until('the bundler has ended', async () => !(await commandsOfChildren()).includes('esbuild'));
  });

  it('has the section that the refusal of every code links to', async () => {
    const page = (await consoleAssets()).get('/docs/ERRORS.md');
    assert.equal(page?.type, 'text/html; charset=utf-8');
    for (const code of Object.keys(ERRORS))
      assert.ok(page.body.includes(`id="${code.toLowerCase()}"`), `${code} has no section`);
  });

  it('has every picture that its pages of the documentation show', async () => {
    const assets = await consoleAssets();
    for (const { path, body } of assets.values()) {
      if (!path.startsWith('/docs/') || !path.endsWith('.md')) continue;
      for (const [, name = ''] of body.toString().matchAll(/<img src="([^"]*)"/g))
        assert.equal(assets.get(`/docs/${name}`)?.type, 'image/png', `${path}: ${name}`);
    }
  });

  it('names the files of the page by their hash, and has nothing inline', async () => {
    const assets = await consoleAssets();
    const page = assets.get('/index.html')?.body.toString() ?? '';
    const named = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = '']) => path);
    assert.equal(named.length, 2);
    for (const path of named) {
      assert.match(path, /^\/assets\/main-[A-Z0-9]{8}\.(js|css)$/);
      assert.ok(assets.has(path));
    }
    assert.doesNotMatch(page, /<style|<script[^>]*>[^<]|\son\w+=|\sstyle=/);
    assert.equal(await consoleAssets(), assets);
  });
});
