import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseCaseFile } from './case-file.ts';
import { markdownOf } from './markdown.ts';
import { MustFailed, runCaseFile } from './runner.ts';

const HELP = `usage: node test/frank/main.ts [-c FILE] [-u URL] [-v NAME=VALUE ...] [-d MS] [-m]

Runs the cases of a file in frank's format (F-011). Ends with 0 when all are met, 2 when a must is not, 1 for every other failure.

  -c FILE         default ./test.frank
  -u URL          the variable url, before the init part
  -v NAME=VALUE   another one
  -d MS           pause after every request
  -m              runs nothing: prints the cases as Markdown
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      case: { type: 'string', short: 'c', default: './test.frank' },
      url: { type: 'string', short: 'u' },
      variable: { type: 'string', short: 'v', multiple: true, default: [] },
      delay: { type: 'string', short: 'd', default: '0' },
      markdown: { type: 'boolean', short: 'm', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values.markdown) return void process.stdout.write(markdownOf(parseCaseFile(await readFile(values.case, 'utf8'))));
  const preset: Record<string, string> = {};
  for (const pair of values.variable) preset[pair.split('=', 1)[0] ?? ''] = pair.slice(pair.indexOf('=') + 1);
  if (values.url !== undefined) preset.url = values.url;
  await runCaseFile(values.case, {
    preset,
    pauseMs: Number(values.delay),
    log: line => void process.stdout.write(`${line}\n`),
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof MustFailed ? 2 : 1;
}
