import packageJson from '../../../package.json' with { type: 'json' };
import type { ArgumentEntry, CommandEntry, OptionEntry } from '../table/entry.ts';
import { synopsis } from '../table/entry.ts';
import { ENVIRONMENT, EXIT_TEXTS } from './texts.ts';
import { bold, entry, italic, roff, section } from './roff.ts';

/** Pages by the names of their files. */
export function* manPages(entries: readonly CommandEntry[]): Generator<readonly [file: string, text: string]> {
  yield ['bft.1', overview(entries)];
  for (const command of entries) yield [`${pageName(command)}.1`, page(command)];
}

const pageName = ({ name }: CommandEntry): string => `bft-${name}`;
const head = (name: string): string =>
  `.TH ${roff(name.toUpperCase())} 1 "" ${roff(`"bftv2 ${packageJson.version}"`)} "bftv2"`;
const exitStatus = (codes: readonly string[]) =>
  section('EXIT STATUS', codes.map(code => entry(bold(code), EXIT_TEXTS[Number(code)] ?? '')).join('\n'));

function overview(entries: readonly CommandEntry[]): string {
  const commands = entries.map(command => entry(`\\fB${roff(pageName(command))}\\fR(1)`, `${command.summary}.`));
  const environment = Object.entries(ENVIRONMENT).map(([name, text]) => entry(bold(name), text));
  return `${[
    head('bft'),
    section('NAME', roff('bft - moves film packages: asks and steers a node of bftv2')),
    section('SYNOPSIS', `${bold('bft')} ${italic('COMMAND')} [${italic('OPTION')}]... [${italic('ARGUMENT')}]...`),
    section(
      'DESCRIPTION',
      'Data goes to standard output, all else to standard error. Bars are drawn on terminals only; elsewhere there is a line every 30 seconds.',
    ),
    section('COMMANDS', commands.join('\n')),
    section('ENVIRONMENT', environment.join('\n')),
    exitStatus(Object.keys(EXIT_TEXTS)),
  ].join('\n')}\n`;
}

function page(command: CommandEntry): string {
  const { args = [], options = [], examples = [], description = [] } = command;
  return `${[
    head(pageName(command)),
    section('NAME', roff(`${pageName(command)} - ${command.summary}`)),
    section('SYNOPSIS', `${bold(`bft ${command.name}`)} ${roff(synopsis(command))}`),
    section('DESCRIPTION', roff(`${command.summary}.`), ...description.map(roff)),
    ...(args.length > 0 ? [section('ARGUMENTS', args.map(argument).join('\n'))] : []),
    ...(options.length > 0 ? [section('OPTIONS', options.map(option).join('\n'))] : []),
    exitStatus('loadRaw' in command ? ['0', '1', '2'] : Object.keys(EXIT_TEXTS)),
    ...(examples.length > 0
      ? [section('EXAMPLES', examples.map(([line, text]) => entry(bold(line), text)).join('\n'))]
      : []),
    section('SEE ALSO', `${bold('bft')}(1)`),
  ].join('\n')}\n`;
}

const argument = ({ name, text }: ArgumentEntry): string => entry(italic(name), text);

function option({ name, value, text, default: initial }: OptionEntry): string {
  const term = bold(`--${name}`) + (value === undefined ? '' : ` ${italic(value)}`);
  return entry(term, initial === undefined ? text : `${text} (default: ${initial})`);
}
