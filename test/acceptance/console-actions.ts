import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { exists } from '../../src/disk/exists.ts';
import { until } from '../e2e/nodes.ts';
import type { ConsoleSite } from './console-site.ts';
import { View } from './console-view.ts';

const MOVING = 'WANDERING-EARTH-3_FTR_S_CMN_4K';
const OF_CDN = 'NE-ZHA-3_FTR_F_CMN_4K_VF';

const row = ({ page }: View, name: string): Locator => page.locator('tr', { hasText: name });
const button = ({ page }: View, name: string): Locator => page.getByRole('button', { name, exact: true });

async function openTask(view: View, name: string): Promise<void> {
  await view.page.getByRole('link', { name: /^Tasks/ }).click();
  await view.page.getByRole('link', { name, exact: true }).click();
  await view.page.getByRole('heading', { name }).waitFor();
}

export async function tasksMove(view: View): Promise<void> {
  const figure = row(view, MOVING).locator('small').first();
  const before = await figure.textContent();
  await until('the figures of a task change', async () => (await figure.textContent()) !== before);
  await row(view, MOVING).getByText('Transferring').waitFor();
  await row(view, 'DUNE-3').getByText('Waiting for off-peak hours').waitFor();
  await row(view, 'TLR-2026').getByText('Verified').waitFor();
  await view.page.getByRole('button', { name: /^Waiting/ }).click();
  assert.equal(await view.page.locator('tbody tr').count(), 1);
  await view.page.getByRole('button', { name: /^All/ }).click();
  await view.page.keyboard.press('/');
  await view.page.keyboard.type('wander');
  assert.equal(await view.page.locator('tbody tr').count(), 1);
  await view.page.keyboard.press('Control+a');
  await view.page.keyboard.press('Delete');
}

export async function retryWorks(view: View, site: ConsoleSite): Promise<void> {
  site.breakCdn();
  await row(view, OF_CDN)
    .getByText(/No source · .*CDN: .*127\.0\.0\.1/)
    .waitFor();
  await view.picture('no-source');
  await openTask(view, OF_CDN);
  await view.page.getByText(/No source · /).waitFor();
  // While it is broken: once it is back the daemon may be the first to try.
  await button(view, 'Retry now').click();
  await view.page.getByText('tried again by an operator').waitFor();
  await view.page.getByRole('link', { name: /^Tasks/ }).click();
  await view.page.getByRole('button', { name: /Retry all \(1\)/ }).click();
  await view.page.locator('.retry-all').getByText('1 of 1 tried again.').waitFor();
  site.healCdn();
  await row(view, OF_CDN).getByText('Transferring').waitFor();
}

export async function history(view: View): Promise<void> {
  const { page } = view;
  await page.getByRole('link', { name: 'History' }).click();
  const [report] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('link', { name: 'Delivery report TLR-2026_done' }).click(),
  ]);
  await report.getByText('TLR-2026_done').first().waitFor();
  await report.close();
  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as CSV' }).click(),
  ]);
  assert.match(await readFile(await csv.path(), 'utf8'), /TLR-2026_done/);
}

export async function pauseAndResume(view: View): Promise<void> {
  await openTask(view, MOVING);
  await button(view, 'Pause').click();
  await view.page.locator('.status', { hasText: 'Paused' }).waitFor();
  await button(view, 'Resume').click();
  await view.page.locator('.status', { hasText: 'Transferring' }).waitFor();
}

export async function limits(view: View): Promise<void> {
  await openTask(view, MOVING);
  const field = view.page.getByLabel('Receive at most');
  await field.fill('quick');
  await button(view, 'Apply').click();
  await view.page.getByText('This is no rate.').waitFor();
  assert.equal(await field.inputValue(), 'quick');
  await field.fill('20M');
  await view.page.getByText('= 21.0 MB/s').waitFor();
  await button(view, 'Apply').click();
  await view.page.getByText('Limits set.').waitFor();
}

export async function receive(view: View, site: ConsoleSite): Promise<void> {
  const text = await readFile(site.fleet.taskPath('dropped'), 'utf8');
  const broken = text.replace(',', ',,');
  await view.page.getByRole('link', { name: /^Tasks/ }).click();
  await drop(view, 'broken.task.json', broken);
  const dialog = view.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Receive' }).click();
  await dialog.getByText(/Line \d+, column \d+/).waitFor();
  assert.equal(await dialog.getByRole('textbox').inputValue(), broken);
  await view.assertAccessible('the receive dialog with an error');
  await readAbout(view, dialog);
  await view.picture('receive-error', { fullPage: false });
  await dialog.getByRole('textbox').fill(text);
  await dialog.getByRole('button', { name: 'Receive' }).click();
  await view.page.getByRole('heading', { name: 'dropped' }).waitFor();
  await view.page.locator('.status', { hasText: /Transferring|Verified|Verifying/ }).waitFor();
}

/** The section of the code, served by the node itself. */
async function readAbout(view: View, dialog: Locator): Promise<void> {
  const [docs] = await Promise.all([
    view.page.waitForEvent('popup'),
    dialog.getByRole('link', { name: /Read about it/ }).click(),
  ]);
  await docs.getByRole('heading', { name: 'TASK_FILE_INVALID' }).waitFor();
  await docs.close();
}

async function drop(view: View, name: string, text: string): Promise<void> {
  await view.read(`{
    const data = new DataTransfer();
    data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'application/json' }));
    for (const type of ['dragover', 'drop'])
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }`);
}

export async function keyboard(view: View): Promise<void> {
  const { page } = view;
  await page.goto(new URL('/', page.url()).href);
  await page.getByRole('link', { name: MOVING }).waitFor();
  await tabTo(view, MOVING);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: MOVING }).waitFor();
  await tabTo(view, 'Remove…');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.equal(await focused(view), 'Cancel');
  await page.getByText(/It is not complete: the .* are deleted with it/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(view), 'Remove…');
}

const focused = (view: View) => view.read('document.activeElement.textContent');

async function tabTo(view: View, text: string): Promise<void> {
  for (let stops = 0; stops < 60; stops += 1) {
    await view.page.keyboard.press('Tab');
    if ((await focused(view)) === text) return;
  }
  assert.fail(`${text} cannot be reached by Tab`);
}

export async function signIn(view: View, site: ConsoleSite, browser: Browser): Promise<void> {
  const guest = await View.open(browser, view.shots);
  await guest.page.goto(site.lockedUrl);
  await guest.page.getByText(/in the file token below statepath/).waitFor();
  await guest.assertAccessible('the page that asks for the token');
  await guest.picture('sign-in');
  await guest.page.getByLabel('Token').fill('a wrong one');
  await button(guest, 'Sign in').click();
  await guest.page.getByText('It did not work').waitFor();
  await guest.page.getByLabel('Token').fill(await site.token());
  await button(guest, 'Sign in').click();
  await guest.page.getByText('No task here.').waitFor();
  assert.deepEqual(guest.complaints, []);
  await guest.page.context().close();
}

export async function remove(view: View, site: ConsoleSite): Promise<void> {
  const stored = join(String(site.receiver.config.basedatapath), 'TLR-2026_done');
  assert.equal(await exists(stored), true);
  await openTask(view, 'TLR-2026_done');
  await button(view, 'Remove…').click();
  const dialog = view.page.getByRole('dialog');
  await dialog.waitFor();
  assert.equal(await focused(view), 'Cancel');
  assert.equal(await dialog.getByLabel('Remove from the list, keep the package').isChecked(), true);
  await dialog.getByLabel(/Also delete 4\.2 MB/).check();
  await dialog.getByRole('button', { name: /Remove and delete/ }).click();
  await dialog.getByText('This is not the name of the package.').waitFor();
  await view.assertAccessible('the remove dialog');
  await view.picture('remove', { fullPage: false });
  await dialog.getByRole('textbox').fill('TLR-2026_done');
  await dialog.getByRole('button', { name: /Remove and delete/ }).click();
  await dialog.waitFor({ state: 'detached' });
  await row(view, 'TLR-2026_done').waitFor({ state: 'detached' });
  assert.equal(await exists(stored), false);
}
