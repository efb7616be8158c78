import type { CommandEntry, Kind } from '../table/entry.ts';

/** The same for zsh, with what each thing is. */
export function zshCompletion(entries: readonly CommandEntry[]): string {
  const commands = entries.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  return `#compdef bft
# zsh completion of bft; made by bft completion zsh.
_bft_tasks() {
  local -a tasks
  tasks=(\${(f)"$(bft ls --names 2>/dev/null)"})
  compadd -a tasks
}
_bft() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local cmd=$words[2]
  shift words
  ((CURRENT--))
  case $cmd in
${entries.map(ofCommand).join('\n')}
  esac
}
if [ "$funcstack[1]" = _bft ]; then _bft "$@"; else compdef _bft bft; fi
`;
}

function ofCommand({ name, options = [], args = [] }: CommandEntry): string {
  const flags = options.map(({ name, value, text, kind = 'text' }) =>
    quoted(`--${name}[${escaped(text)}]${value === undefined ? '' : `:${escaped(value)}:${action(kind)}`}`),
  );
  const places = args.map(({ name, kind, isMany }, index) =>
    quoted(`${isMany ? '*' : index + 1}:${escaped(name)}:${action(kind)}`),
  );
  return `    ${name}) _arguments ${[...flags, ...places].join(' \\\n      ')} ;;`;
}

function action(kind: Kind): string {
  if (kind === 'task') return '_bft_tasks';
  if (kind === 'file') return '_files';
  if (kind === 'directory') return '_files -/';
  return kind === 'text' ? ' ' : `(${kind.join(' ')})`;
}

const escaped = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
