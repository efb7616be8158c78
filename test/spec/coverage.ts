// `npm run coverage:spec [-- --missing]`: which tests quote which rows of the specification. Exits 1 when a row has neither a test nor a reason.
import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Coverage, measure, type TestFile } from './measure.ts';
import { type Family, parseRows, prefixOf, type Rows } from './rows.ts';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const own = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/** All of `test/` but this folder, whose fixtures quote rows without testing them. */
async function testFiles(): Promise<TestFile[]> {
  const files: TestFile[] = [];
  for await (const path of glob('**/*.{ts,frank}', { cwd: TESTS, exclude: ['spec'] })) {
    files.push({ path: `test/${path}`, text: await readFile(`${TESTS}${path}`, 'utf8') });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function measureTree(): Promise<{ rows: Rows; coverage: Coverage }> {
  const rows = parseRows(await own('rows.txt'));
  return { rows, coverage: measure(rows, await own('not-yet.txt'), await testFiles()) };
}

function table({ prefix, title }: Family, { words }: Rows, { quotedBy, reasons }: Coverage): string {
  const lines = [...words]
    .filter(([id]) => prefixOf(id) === prefix)
    .map(([id, demand]) => {
      const tests = quotedBy.get(id)?.join(', ') ?? (reasons.has(id) ? 'not yet' : 'NO TEST');
      return `  ${id.padEnd(7)}${demand}\n           ${tests}\n`;
    });
  return `${prefix}: ${title}\n${lines.join('')}\n`;
}

function withoutTest({ words }: Rows, { reasons }: Coverage): string {
  const lines = [...words.keys()].filter(id => reasons.has(id)).map(id => `  ${id.padEnd(7)}${reasons.get(id)}\n`);
  return `Not yet, with the reason\n${lines.join('')}\n`;
}

function problems({ words }: Rows, { missing, faults }: Coverage): string {
  const lines = [...missing.map(id => `${id} has no test: ${words.get(id)}`), ...faults];
  return lines.map(line => `${line}\n`).join('');
}

function summary({ words }: Rows, { quotedBy, reasons, missing, faults }: Coverage): string {
  const tested = [...words.keys()].filter(id => quotedBy.has(id)).length;
  return `${words.size} rows: ${tested} with a test, ${reasons.size} not yet, ${missing.length} missing; ${faults.length} faults\n`;
}

if (import.meta.main) {
  const { rows, coverage } = await measureTree();
  const full = [...rows.families.map(family => table(family, rows, coverage)), withoutTest(rows, coverage)];
  const parts = process.argv.includes('--missing') ? [] : full;
  process.stdout.write([...parts, problems(rows, coverage), summary(rows, coverage)].join(''));
  process.exitCode = coverage.missing.length + coverage.faults.length > 0 ? 1 : 0;
}
