import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** A browser window on the console. What the page complains of, a breach of its policy for one, is kept. */
export class View {
  readonly page: Page;
  readonly complaints: string[] = [];
  /** Where pictures go. */
  readonly shots: string;

  private constructor(page: Page, shots: string) {
    this.page = page;
    this.shots = shots;
    page.on('pageerror', error => this.complaints.push(error.message));
    page.on('console', message => {
      // What does not answer, or refuses, is told by the page.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
  }

  static async open(browser: Browser, shots: string, options: BrowserContextOptions = {}): Promise<View> {
    await mkdir(shots, { recursive: true });
    const context = await browser.newContext({
      viewport: { width: 1240, height: 900 },
      locale: 'en-GB',
      colorScheme: 'light',
      ...options,
    });
    return new View(await context.newPage(), shots);
  }

  /** Another window of the same browser. */
  async another(): Promise<View> {
    return new View(await this.page.context().newPage(), this.shots);
  }

  /** Evaluates in the page as the developer tools do: the page's policy would forbid `eval`. */
  async read(expression: string): Promise<unknown> {
    const session = await this.page.context().newCDPSession(this.page);
    const answer = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    await session.detach();
    assert.equal(answer.exceptionDetails, undefined, answer.exceptionDetails?.exception?.description);
    return answer.result.value;
  }

  /** Of the whole page; of what is open above it only with the window. */
  async picture(name: string, { fullPage = true } = {}): Promise<void> {
    await this.page.screenshot({ path: join(this.shots, `${name}.png`), fullPage });
  }

  /** Fails with every violation of WCAG 2.2 AA that axe finds. */
  async assertAccessible(what: string): Promise<void> {
    await this.read(axe.source);
    const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`;
    const found = (await this.read(run)) as readonly Violation[];
    const told = found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    assert.deepEqual(told, [], what);
  }

  async assertNoSideways(what: string): Promise<void> {
    const wide = await this.read('document.documentElement.scrollWidth - innerWidth');
    assert.ok(Number(wide) <= 0, `${what} is ${String(wide)} pixels wider than the window`);
  }
}
