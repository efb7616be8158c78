import assert from 'node:assert/strict';
import { type Block, blocksOf } from '../docs/pages.ts';

/** Where a command runs: gives what it said, throws when it fails. */
export type Run = (script: string) => Promise<string>;

export interface Walked {
  readonly place: string;
  readonly commands: string;
  readonly said: string;
}

/** Runs the commands of a page as they stand there, in order, each where the line above says (`**sender**`); what it says must be what the page shows right below. */
export async function walkPage(page: string, places: Readonly<Record<string, Run>>): Promise<Walked[]> {
  const walked: Walked[] = [];
  const blocks = blocksOf(page);
  for (const [index, block] of blocks.entries()) {
    if (block.language !== 'sh') continue;
    const place = placeOf(block);
    const run = places[place] ?? assert.fail(`line ${block.line}: there is no ${place}`);
    console.log(`  ${place}: ${block.text.replaceAll('\n', '\n    ')}`);
    const said = await run(block.text);
    if (said !== '') console.log(`    | ${said.trimEnd().replaceAll('\n', '\n    | ')}`);
    const shown = blocks[index + 1];
    if (shown?.language === 'text' && shown.above === '') assertShown(said, shown);
    walked.push({ place, commands: block.text, said });
  }
  return walked;
}

/** The machine that the line above a block names. Throws when it names none. */
export function placeOf({ above, line }: Block): string {
  const [, place] = /\*\*(.+?)\*\*.*[::]$/.exec(above) ?? [];
  return place ?? assert.fail(`line ${line}: the line above does not say where the commands run`);
}

/** The lines of the page are found in this order; `…` stands for anything. */
function assertShown(said: string, { text, line }: Block): void {
  const lines = said.split('\n').map(squeezed);
  let from = 0;
  for (const [index, wanted] of text.split('\n').map(squeezed).entries()) {
    if (wanted === '' || wanted === '…') continue;
    const pattern = new RegExp(`^${wanted.split('…').map(escaped).join('.*')}$`);
    const found = lines.findIndex((one, at) => at >= from && pattern.test(one));
    assert.notEqual(found, -1, `line ${line + index} of the page is not said: ${wanted}\n---\n${said}`);
    from = found + 1;
  }
}

const escaped = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** Widths of columns follow the values. */
const squeezed = (line: string) => line.trim().replaceAll(/\s+/g, ' ');
