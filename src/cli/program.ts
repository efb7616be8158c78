import { Argument, Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { BftError } from '../core/errors.ts';
import type { Call } from './call.ts';
import { type ArgumentEntry, type CommandEntry, type OptionEntry, type ParsedEntry, synopsis } from './table/entry.ts';

/** What a command line comes to: a call of an entry, or text that was asked for and has been printed. */
export type Parsed = { readonly entry: ParsedEntry; readonly call: Omit<Call, 'signal'> } | 'told';

/** Reads a command line as the table has it; prints help and version. Throws USAGE. */
export async function parseCommandLine(args: readonly string[], entries: readonly CommandEntry[]): Promise<Parsed> {
  let parsed: Parsed = 'told';
  const program = programOf(entries, found => (parsed = found));
  try {
    await program.parseAsync(args, { from: 'user' });
    return parsed;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 'told';
    const text = error.message.replace(/^error: /, '').replace(/\n\(D(.*)\)$/s, '; d$1');
    throw new BftError('USAGE', error.code === 'commander.help' ? 'a command is missing' : text, { cause: error });
  }
}

/** The help of a command, or of all. */
export function helpOf(entries: readonly CommandEntry[], name?: string): string {
  const program = programOf(entries, () => {});
  return (program.commands.find(command => command.name() === name) ?? program).helpInformation();
}

function programOf(entries: readonly CommandEntry[], onFound: (found: Parsed) => void): Command {
  const program = plain(new Command('bft'))
    .description('Moves film packages to cinemas: asks and steers a node of bftv2, here or elsewhere.')
    .version(packageJson.version, '--version', 'print the version')
    .usage('COMMAND [OPTION]... [ARGUMENT]...')
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 other, 2 usage, 3 not found, 4 node unreachable, 5 temporary, 6 permanent,\n7 verification failed, 8 disk full, 9 nothing to do, 130 interrupted.',
    );
  for (const entry of entries) program.addCommand(commandOf(entry, onFound));
  return program;
}

function commandOf(entry: CommandEntry, onFound: (found: Parsed) => void): Command {
  const command = plain(new Command(entry.name))
    .summary(entry.summary)
    .description([`${entry.summary}.`, ...(entry.description ?? [])].join('\n'))
    .usage(synopsis(entry));
  for (const argument of entry.args ?? []) command.addArgument(argumentOf(argument));
  for (const option of entry.options ?? []) command.addOption(optionOf(option));
  if (entry.examples)
    command.addHelpText(
      'after',
      `\nExamples:\n${entry.examples.map(([line, text]) => `  ${line}\n      ${text}`).join('\n')}`,
    );
  if (!('load' in entry)) return command;
  return command.action(() => {
    const values = command.opts<Record<string, unknown>>();
    // `--no-hash` is told as `hash` that is false.
    const value = (option: string) =>
      option.startsWith('no-') ? values[camelCased(option.slice(3))] === false : values[camelCased(option)];
    const text = (option: string) => (typeof value(option) === 'string' ? String(value(option)) : undefined);
    onFound({ entry, call: { args: command.args, text, flag: option => value(option) === true } });
  });
}

function argumentOf({ name, isOptional = false, isMany = false, text, kind }: ArgumentEntry): Argument {
  const term = isMany ? `${name}...` : name;
  const argument = new Argument(isOptional ? `[${term}]` : `<${term}>`, text);
  return Array.isArray(kind) ? argument.choices(kind as readonly string[]) : argument;
}

function optionOf({ name, value, text, default: initial, kind }: OptionEntry): Option {
  const option = new Option(value === undefined ? `--${name}` : `--${name} <${value}>`, text);
  if (Array.isArray(kind)) option.choices(kind as readonly string[]);
  return initial === undefined ? option : option.default(initial);
}

const camelCased = (option: string): string => option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Errors are thrown, not printed; terms look as in the synopsis. */
function plain(command: Command): Command {
  return command
    .exitOverride()
    .helpOption('--help', 'print this text')
    .configureOutput({ writeErr: () => {} })
    .configureHelp({
      styleTitle: title => title.replace('Usage:', 'usage:'),
      optionTerm: ({ flags }) => flags.replace(/[<>]/g, ''),
      subcommandTerm: sub => sub.name(),
    });
}
