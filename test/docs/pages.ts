import { readFile } from 'node:fs/promises';

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** The last line above it that is not empty, unless a block stands between. */
  readonly above: string;
}

export const ROOT = new URL('../../', import.meta.url);

/** `path` is relative to the repository. */
export const pageText = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');

/** Throws when a fence is not closed. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let above = '';
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    if (open === undefined) {
      const [, language] = /^```(\S*)/.exec(line) ?? [];
      if (language !== undefined) open = { language, line: index + 2, lines: [] };
      else if (line.trim() !== '') above = line;
    } else if (line.startsWith('```')) {
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line, above });
      [open, above] = [undefined, ''];
    } else open.lines.push(line);
  }
  if (open) throw new Error(`the block of line ${open.line} is not closed`);
  return blocks;
}

/** Without what stands in blocks and in `code`. */
export function proseOf(page: string): string {
  return page.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}
