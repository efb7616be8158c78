import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { openChromium } from './chromium.ts';
import * as actions from './console-actions.ts';
import * as looks from './console-looks.ts';
import { ConsoleSite } from './console-site.ts';
import { View } from './console-view.ts';

type Step = (view: View, site: ConsoleSite, browser: Browser) => Promise<void>;

const STEPS: Readonly<Record<string, Step>> = {
  'tasks move': actions.tasksMove,
  'a failed source is named, and retry works once it is back': actions.retryWorks,
  'a task is paused and goes on': actions.pauseAndResume,
  'limits are read with their units': actions.limits,
  'a task file is dropped, a broken one is marked where it breaks': actions.receive,
  'the history gives its proof, and itself as CSV': actions.history,
  'with the keyboard alone from the list to the remove dialog': actions.keyboard,
  'languages and colours switch and stay': looks.switches,
  'every page in both languages and colours, by WCAG 2.2 AA': looks.everyPage,
  'nothing goes sideways at 320 pixels': looks.narrow,
  'a sender shows what it serves': looks.ofSender,
  'ten windows at once': looks.tenWindows,
  'a token is asked for, and where it lies is said': actions.signIn,
  'a task is removed, with its files only when its name is typed': actions.remove,
  'the daemon is killed: the page says so, and recovers': looks.killed,
};

/** The console in a real browser, against real daemons. Takes about five minutes. `shots`: where the pictures go. */
export async function consoleInBrowser(shots: string): Promise<void> {
  const site = await ConsoleSite.open();
  const browser = await openChromium();
  try {
    await site.fill();
    const view = await View.open(browser, shots);
    await view.page.goto(site.url);
    for (const [what, step] of Object.entries(STEPS)) {
      console.log(`  ${what}`);
      await step(view, site, browser);
      assert.deepEqual(view.complaints, [], what);
    }
    console.log(`  pictures: ${shots}`);
  } finally {
    await browser.close();
    await site.close();
  }
}
