import type { CommandEntry } from './entry.ts';
import { AT_NODE } from './options.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What works on this machine, without a daemon. */
export const LOCAL: readonly CommandEntry[] = [
  {
    name: 'check',
    summary: 'Check a DCP, or hold a package against its torrent',
    description: [
      'A DCP: its map, packing lists, sizes, hashes and compositions. Ends with 0 when it is valid, 7 when it is not, 3 when it is no DCP.',
      'With --torrent any package, piece by piece; prints Already/Total: a/b (p%) in pieces.',
      'It may also be called as check TORRENT DIR; then it ends with 0 when the package is complete and with 1 when it is not.',
    ],
    args: [{ name: 'DIR', kind: 'directory', isMany: true, text: 'the package' }],
    options: [
      { name: 'torrent', value: 'FILE', kind: 'file', text: 'hold it against this torrent' },
      { name: 'no-hash', text: 'of a DCP: compare sizes only' },
      { name: 'json', text: 'JSON on standard output, and errors as JSON' },
    ],
    examples: [
      ['bft check /data/dcp/film', 'checks a DCP'],
      ['bft check --torrent film.torrent /data/dcp/film', 'ends with 7 when a byte is wrong'],
    ],
    load: async () => (await import('../commands/check.ts')).check,
  },
  {
    name: 'doctor',
    summary: 'Say what is wrong with the node of this machine',
    description: [
      'With the next step for each fault. Changes nothing; the daemon may run or not. Ends with 1 when there is a fault.',
    ],
    options: [
      { name: 'config', value: 'FILE', kind: 'file', text: 'default: $BFT2_CONFIG, else /etc/bft2/config.json' },
      { name: 'json', text: 'JSON on standard output' },
    ],
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
  {
    name: 'config',
    summary: 'Look at a configuration',
    description: [
      'check: says whether it can be read, and which keys differ from their defaults. Ends with 6 when it is wrong; the message names line or key. Changes nothing.',
    ],
    args: [{ name: 'COMMAND', kind: ['check'], text: 'what to do' }],
    options: [
      { name: 'config', value: 'FILE', kind: 'file', text: 'default: $BFT2_CONFIG, else /etc/bft2/config.json' },
      { name: 'json', text: 'JSON on standard output, and errors as JSON' },
    ],
    examples: [['bft config check --config new.json', 'before it takes the place of the old one']],
    load: async () => (await import('../commands/config-check.ts')).configCheck,
  },
  {
    name: 'hashtable',
    summary: 'Look after the table of what this node has',
    description: [
      'Beside a running daemon or without one. Ends with 0 when all is right, 1 when not, 2 when it was called wrongly.',
      'init [DIR]: hashes everything anew and drops the other rows; with DIR only that.',
      'add PATH: hashes a directory or file again; rows of what is gone there go.',
      'update: one look at everything: hashes what is new, drops what is gone.',
      'watch: does so until it is ended, where no daemon does.',
      'check [--hash]: says what is wrong; --hash reads every file.',
      'stats [--json]: how many rows there are, and of what kind.',
    ],
    args: [
      { name: 'COMMAND', kind: ['init', 'add', 'update', 'watch', 'check', 'stats'], text: 'what to do' },
      { name: 'PATH', kind: 'directory', isOptional: true, text: 'of init and add' },
    ],
    options: [
      { name: 'config', value: 'FILE', kind: 'file', text: 'default: $BFT2_CONFIG, else /etc/bft2/config.json' },
      { name: 'table', value: 'FILE', kind: 'file', text: 'comes before what the configuration says' },
      { name: 'storage', value: 'DIR', kind: 'directory', text: 'comes before what the configuration says' },
      { name: 'hash', text: 'of check: read every file' },
      { name: 'json', text: 'of stats: JSON' },
    ],
    loadRaw: async () => (await import('../hashtable.ts')).hashTable,
  },
  {
    name: 'serve',
    summary: 'Serve the files below a directory with ranges',
    description: [
      'As http://127.0.0.1:13000/data/<file>. Hidden files and links are not served.',
      'Ends with 0 on SIGINT or SIGTERM, 1 when it cannot listen or DIR is no directory, 2 when it was called wrongly.',
    ],
    args: [{ name: 'DIR', kind: 'directory', isOptional: true, text: 'default: the working directory' }],
    options: [{ name: 'listen', value: 'HOST:PORT', text: 'listen elsewhere; port 0 takes a free one' }],
    loadRaw: async () => (await import('../serve.ts')).serve,
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    args: [{ name: 'SHELL', kind: SHELLS, text: 'bash, zsh or fish' }],
    examples: [
      ['bft completion bash >/etc/bash_completion.d/bft', 'for bash'],
      ['bft completion zsh >/usr/share/zsh/vendor-completions/_bft', 'for zsh'],
      ['bft completion fish >~/.config/fish/completions/bft.fish', 'for fish'],
    ],
    load: async () => (await import('../commands/completion.ts')).completion,
  },
  {
    name: 'man',
    summary: 'Write the man pages into a directory',
    args: [{ name: 'DIR', kind: 'directory', text: 'where bft.1, bft-ls.1 and the others go' }],
    load: async () => (await import('../commands/man.ts')).man,
  },
  {
    name: 'version',
    summary: 'Print the version of this program, and of a node that is named',
    options: AT_NODE,
    load: async () => (await import('../commands/version.ts')).version,
  },
];
