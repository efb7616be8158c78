import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from '../call.ts';
import { manPages } from '../man/pages.ts';
import { note } from '../output/print.ts';
import { COMMANDS } from '../table/commands.ts';

/** Writes bft.1 and a page per command. */
export async function man(call: Call): Promise<void> {
  const [directory = ''] = call.args;
  await mkdir(directory, { recursive: true });
  const pages = [...manPages(COMMANDS)];
  for (const [file, text] of pages) await writeFile(join(directory, file), text);
  note(`${pages.length} pages in ${directory}`);
}
