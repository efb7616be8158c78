import type { CommandEntry, Kind } from '../table/entry.ts';

/** Completes commands, options, their values, and the names of tasks, for which the node is asked. */
export function bashCompletion(entries: readonly CommandEntry[]): string {
  const commands = entries.map(({ name }) => name).join(' ');
  return `# bash completion of bft; made by bft completion bash.
_bft() {
  local cur prev cmd i
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  cmd=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands} --help --version' -- "$cur"))
    return
  fi
  case $cmd in
${entries.map(ofCommand).join('\n')}
  esac
}
# Names may have anything in them: compgen would expand it.
_bft_tasks() {
  local name
  while IFS= read -r name; do
    [[ $name != "$1"* ]] || COMPREPLY+=("$(printf %q "$name")")
  done < <(bft ls --names 2>/dev/null)
}
_bft_files() {
  local IFS=$'\\n'
  compopt -o filenames
  COMPREPLY=($(compgen "$1" -- "$2"))
}
complete -F _bft bft
`;
}

function ofCommand({ name, options = [], args = [] }: CommandEntry): string {
  const values = options.filter(({ value }) => value !== undefined);
  const branches = values.map(option => `        --${option.name}) ${complete(option.kind ?? 'text')} ;;`);
  const flags = [...options.map(option => `--${option.name}`), '--help'].join(' ');
  return `    ${name})
      case $prev in
${[
  ...branches,
  `        *) case $cur in
            -*) COMPREPLY=($(compgen -W '${flags}' -- "$cur")) ;;
            *) ${complete(args[0]?.kind ?? 'text')} ;;
          esac ;;`,
].join('\n')}
      esac
      ;;`;
}

function complete(kind: Kind): string {
  if (kind === 'task') return '_bft_tasks "$cur"';
  if (kind === 'file') return '_bft_files -f "$cur"';
  if (kind === 'directory') return '_bft_files -d "$cur"';
  return kind === 'text' ? ':' : `COMPREPLY=($(compgen -W '${kind.join(' ')}' -- "$cur"))`;
}
