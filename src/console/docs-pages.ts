import { readdir, readFile } from 'node:fs/promises';
import { Marked } from 'marked';

const DOCS = new URL('../../docs/', import.meta.url);

const marked = new Marked({
  renderer: {
    heading({ tokens, depth, text }) {
      return `<h${depth} id="${anchor(text)}">${this.parser.parseInline(tokens)}</h${depth}>`;
    },
  },
});

/** The documentation as pages, below the paths that refusals name: a node in a cinema may have no way to the internet. */
export async function docsPages(style: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(DOCS)).filter(name => /\.(md|png)$/.test(name));
  const files = await Promise.all(names.map(async name => [`/docs/${name}`, await file(name, style)] as const));
  return new Map(files);
}

const file = (name: string, style: string): Promise<Buffer> =>
  name.endsWith('.md') ? page(name, style) : readFile(new URL(name, DOCS));

async function page(name: string, style: string): Promise<Buffer> {
  const body = await marked.parse(await readFile(new URL(name, DOCS), 'utf8'));
  return Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name.replace('.md', '')} · bft</title>
<link rel="stylesheet" href="${style}">
<main class="docs">
${body}
</main>
</html>
`);
}

/** As GitHub makes them, of headings that are words: `TASK_UNKNOWN` → `task_unknown`. */
const anchor = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
