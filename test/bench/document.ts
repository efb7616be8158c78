import { readFile, writeFile } from 'node:fs/promises';
import type { Bench, Row } from './bench.ts';
import { markdownTable } from './table.ts';

const DOCUMENT = new URL('../../docs/PERFORMANCE.md', import.meta.url).pathname;

export interface Section {
  readonly bench: Bench;
  readonly rows: readonly Row[];
  /** Machine, day and options of the run. */
  readonly run: string;
}

/** A section as it stands between its marks. */
export function sectionText({ bench, rows, run }: Section): string {
  return `<!-- bench ${bench.name} -->\n\n**${bench.name}: ${bench.title}** (${run})\n\n${markdownTable(rows)}\n\n<!-- end ${bench.name} -->`;
}

/** Puts sections in the place of those of the same benches; a bench that has no place yet comes last. */
export async function writeSections(sections: readonly Section[]): Promise<void> {
  let text = await readFile(DOCUMENT, 'utf8');
  for (const section of sections) {
    const { name } = section.bench;
    const place = new RegExp(`<!-- bench ${name} -->.*<!-- end ${name} -->`, 's');
    text = place.test(text) ? text.replace(place, () => sectionText(section)) : `${text}\n${sectionText(section)}\n`;
  }
  await writeFile(DOCUMENT, text);
}
