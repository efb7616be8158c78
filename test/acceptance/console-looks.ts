import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { until } from '../e2e/nodes.ts';
import type { ConsoleSite } from './console-site.ts';
import { View } from './console-view.ts';

const WINDOWS = 10;
const TASK = '/tasks/received/cfec-001-WANDERING-EARTH-3_FTR_S_CMN_4K.task.json';
/** Pages, with what is there once their figures are. */
const PAGES: Readonly<Record<string, readonly [path: string, there: string]>> = {
  tasks: ['/', '.tasks tbody tr'],
  task: [TASK, '.detail .figures'],
  schedule: ['/schedule', 'section.card h2'],
  nodes: ['/nodes', 'section.card dl'],
  history: ['/history', 'main h1'],
  settings: ['/settings', '.config'],
};
const LANGUAGES = { en: 'en-GB', zh: 'zh-CN' } as const;
const COLOURS = ['light', 'dark'] as const;

export async function switches(view: View, site: ConsoleSite): Promise<void> {
  const { page } = view;
  await page.goto(site.url);
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: /^需处理/ }).waitFor();
  const ground = () => view.read('getComputedStyle(document.body).backgroundColor');
  const light = await ground();
  await page.goto(`${site.url}/settings`);
  await page.getByLabel('深色').check();
  assert.notEqual(await ground(), light);
  await page.reload();
  await page.getByRole('heading', { name: '设置' }).waitFor();
  assert.equal(await view.read('document.documentElement.lang'), 'zh-CN');
  assert.notEqual(await ground(), light);
  await page.getByLabel('浅色').check();
  assert.equal(await ground(), light);
  await page.getByLabel('跟随系统').check();
  await page.getByLabel('English').check();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
}

export async function everyPage(view: View, site: ConsoleSite, browser: Browser): Promise<void> {
  for (const [language, locale] of Object.entries(LANGUAGES))
    for (const colorScheme of COLOURS) {
      const other = await View.open(browser, view.shots, { locale, colorScheme });
      await eachPage(other, site, async name => {
        await other.picture(`${name}-${colorScheme}-${language}`);
        await other.assertAccessible(`${name} ${colorScheme} ${language}`);
      });
    }
}

export async function narrow(view: View, site: ConsoleSite, browser: Browser): Promise<void> {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    const other = await View.open(browser, view.shots, { locale, viewport: { width: 320, height: 640 } });
    await eachPage(other, site, async name => {
      await other.picture(`${name}-narrow-${language}`);
      await other.assertNoSideways(`${name} in ${language}`);
      await other.assertAccessible(`${name} narrow ${language}`);
    });
  }
}

export async function ofSender(view: View, site: ConsoleSite, browser: Browser): Promise<void> {
  const other = await View.open(browser, view.shots);
  await other.page.goto(site.senderUrl);
  await other.page.getByText('Ready to be received').first().waitFor();
  await other.picture('sender');
  await other.assertAccessible('the tasks of a sender');
  await other.page.getByRole('link', { name: 'WANDERING-EARTH-3_FTR_S_CMN_4K' }).click();
  await other.page.getByRole('heading', { name: 'Receivers' }).waitFor();
  await other.picture('sender-task');
  await other.assertAccessible('a task of a sender');
  assert.deepEqual(other.complaints, []);
  await other.page.context().close();
}

async function eachPage(view: View, site: ConsoleSite, look: (name: string) => Promise<void>): Promise<void> {
  for (const [name, [path, there]] of Object.entries(PAGES)) {
    await view.page.goto(site.url + path);
    await view.page.locator(there).first().waitFor();
    await look(name);
  }
  assert.deepEqual(view.complaints, []);
  await view.page.context().close();
}

/** A browser has six connections to a host over HTTP/1.1: windows that held one each would hang from the seventh on. */
export async function tenWindows(view: View, site: ConsoleSite): Promise<void> {
  const windows = await Promise.all(Array.from({ length: WINDOWS }, () => view.another()));
  await Promise.all(windows.map(({ page }) => page.goto(site.url)));
  for (const { page } of windows) {
    const figure = page.locator('tr', { hasText: 'WANDERING-EARTH' }).locator('small').first();
    const before = await figure.textContent();
    await until('the figures of each window change', async () => (await figure.textContent()) !== before);
  }
  for (const { page, complaints } of windows) {
    assert.deepEqual(complaints, []);
    await page.close();
  }
}

export async function killed(view: View, site: ConsoleSite): Promise<void> {
  const { page } = view;
  await page.goto(site.url + TASK);
  await page.locator('.detail .figures').waitFor();
  await site.receiver.end('SIGKILL');
  const banner = page.getByText(/No contact with the daemon\. What you see is of \d\d:\d\d:\d\d/);
  await banner.waitFor();
  assert.equal(await page.locator('main.stale').count(), 1);
  await view.picture('stale');
  await view.assertAccessible('a page that is stale');
  await site.receiver.start();
  await banner.waitFor({ state: 'detached' });
  assert.equal(await page.locator('main.stale').count(), 0);
  const figure = page.locator('.detail small').first();
  const before = await figure.textContent();
  await until('the figures move again', async () => (await figure.textContent()) !== before);
}
