import { writeFile } from 'node:fs/promises';
import { JSON_TEXTS } from './man/json-texts.ts';
import { ENVIRONMENT, EXIT_TEXTS } from './man/texts.ts';
import { COMMANDS } from './table/commands.ts';
import { type CommandEntry, optionTerm, synopsis } from './table/entry.ts';
import { AT_NODE } from './table/options.ts';

/** docs/BFT.md, made of the table of commands. */
export function commandsPage(): string {
  const list = COMMANDS.map(
    ({ name, summary }) => `| [\`bft ${name}\`](#bft-${name.replaceAll(' ', '-')}) | ${summary} |\n`,
  );
  return `# bft

The command line of a node, here or elsewhere. This page is made from \`src/cli/table\` by \`npm run docs\`; \`bft COMMAND --help\` and the man pages say the same.

Data goes to standard output, all else to standard error. Bars are drawn on terminals only; elsewhere there is a line every 30 seconds. \`--json\` gives
stable objects, those of [/api/v1](API.md) where there is one. A message says what happened, what to do, and where to read more.

| command | what it does |
|---|---|
${list.join('')}
## Where the node is

${options(AT_NODE)}
${Object.entries(ENVIRONMENT)
  .map(([name, text]) => `- \`${name}\`: ${text}\n`)
  .join('')}
A token is never given on the command line: the list of processes is open to everybody.

## Exit codes

| code | meaning |
|---|---|
${Object.entries(EXIT_TEXTS)
  .map(([code, text]) => `| ${code} | ${text} |\n`)
  .join('')}
## JSON

What \`--json\` prints. Errors are \`{"error": {"code", "desc", "next", "docs"}}\` on standard error. Fields may be added.

| command | object |
|---|---|
${Object.entries(JSON_TEXTS)
  .map(([name, text]) => `| \`${name}\` | ${text} |\n`)
  .join('')}
${COMMANDS.map(section).join('\n')}`;
}

function section(command: CommandEntry): string {
  const { name, summary, description = [], args = [], examples = [] } = command;
  const own = (command.options ?? []).filter(option => !AT_NODE.includes(option));
  const atNode = command.options?.includes(AT_NODE[0] as (typeof AT_NODE)[number]);
  return `## bft ${name}

\`${`bft ${name} ${synopsis(command)}`.trimEnd()}\`

${[`${summary}.`, ...description].map(escaped).join('\n\n')}
${args.length + own.length > 0 ? `\n${args.map(arg => `- \`${arg.name}\`: ${escaped(arg.text)}\n`).join('')}${options(own)}` : ''}${
  atNode ? '\nAnd the options of [a node](#where-the-node-is).\n' : ''
}${examples.map(([line, text]) => `\n\`\`\`sh\n${line} # ${text}\n\`\`\`\n`).join('')}`;
}

function options(entries: CommandEntry['options'] = []): string {
  const rest = (initial: string | undefined) => (initial === undefined ? '' : ` (default: ${initial})`);
  return entries.map(entry => `- \`${optionTerm(entry)}\`: ${escaped(entry.text + rest(entry.default))}\n`).join('');
}

const escaped = (text: string): string => text.replaceAll('<', '&lt;');

if (import.meta.main) await writeFile(new URL('../../docs/BFT.md', import.meta.url), commandsPage());
