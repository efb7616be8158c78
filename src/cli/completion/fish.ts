import type { CommandEntry, Kind } from '../table/entry.ts';

/** The same for fish. */
export function fishCompletion(entries: readonly CommandEntry[]): string {
  const lines = entries.flatMap(entry => {
    const command = `complete -c bft -f -n __fish_use_subcommand -a ${entry.name} -d ${quoted(entry.summary)}`;
    return [command, ...ofCommand(entry, `__fish_seen_subcommand_from ${entry.name}`)];
  });
  return `# fish completion of bft; made by bft completion fish.\n${lines.join('\n')}\n`;
}

function ofCommand({ options = [], args = [] }: CommandEntry, seen: string): string[] {
  const flags = options.map(
    ({ name, value, text, kind = 'text' }) =>
      `complete -c bft -n ${quoted(seen)} -l ${name}${value === undefined ? '' : ` -x${words(kind)}`} -d ${quoted(text)}`,
  );
  const [argument] = args;
  return argument ? [...flags, `complete -c bft -f -n ${quoted(seen)}${words(argument.kind)}`] : flags;
}

function words(kind: Kind): string {
  if (kind === 'task') return " -a '(bft ls --names 2>/dev/null)'";
  if (kind === 'file') return " -a '(__fish_complete_path)'";
  if (kind === 'directory') return " -a '(__fish_complete_directories)'";
  return kind === 'text' ? '' : ` -a ${quoted(kind.join(' '))}`;
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
