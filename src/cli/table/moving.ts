import type { CommandEntry } from './entry.ts';
import { AT_NODE, MAKING, METHOD, PACKAGE_ON_NODE, RAW, TASK, WAIT } from './options.ts';

const RATIO = { name: 'ratio', value: 'BT:OBS:CDN' } as const;

/** Making, sending, receiving: the methods of the protocol. */
export const MOVING: readonly CommandEntry[] = [
  {
    name: 'gentask',
    summary: 'Make the torrents and the task file of a package',
    description: [
      'Where the task file is written follows from DIR, as the protocol wants it. It goes on at the node when this command is ended.',
    ],
    args: [PACKAGE_ON_NODE],
    options: [
      { ...RATIO, default: '1:1:1', text: 'shares of bt, obs and cdn, in whole numbers' },
      ...MAKING,
      { name: 'new-torrent', text: 'make the full torrent anew even if one is there' },
      { name: 'send', text: 'send it when it is made' },
      WAIT('the task is made; with --send, when it may be received'),
      RAW,
      ...AT_NODE,
    ],
    examples: [
      ['bft gentask /data/dcp/cfec-001/dcps/film --ratio 2:1:1', 'begins to make a task'],
      [
        'bft gentask /data/dcp/cfec-001/dcps/film --send --wait',
        'makes and sends it, and ends when it may be received',
      ],
    ],
    load: async () => (await import('../commands/gentask.ts')).gentask,
  },
  {
    name: 'send',
    summary: 'Send a package whose task is made',
    args: [{ name: 'TASKFILE', kind: 'file', text: 'path of the task file on the node' }],
    options: [
      { name: 'only-new', text: 'refuse it if it is served already, instead of beginning anew' },
      WAIT('it may be received'),
      RAW,
      ...AT_NODE,
    ],
    examples: [['bft send /data/sender/tmp/cfec-001-film.task.json --wait', 'ends when it may be received']],
    load: async () => (await import('../commands/send.ts')).send,
  },
  {
    name: 'sends',
    summary: 'Make the task of a package and send it, all of it at the node',
    args: [PACKAGE_ON_NODE],
    options: [{ ...RATIO, text: 'shares (default: bt-obs-cdn of the configuration)' }, ...MAKING, RAW, ...AT_NODE],
    load: async () => (await import('../commands/send.ts')).sends,
  },
  {
    name: 'recv',
    summary: 'Receive a task',
    description: ['FILE is read here and handed to the node.'],
    args: [{ name: 'FILE', kind: 'file', text: 'the task file' }],
    options: [
      { name: 'on-node', text: 'FILE is a path on the node' },
      { name: 'reactive', text: 'with --on-node, at a cacher: start a running task anew' },
      WAIT('the package is complete'),
      RAW,
      ...AT_NODE,
    ],
    examples: [['bft recv cfec-001-film.task.json --wait', 'receives a package and ends when it is complete']],
    load: async () => (await import('../commands/recv.ts')).recv,
  },
  {
    name: 'limits',
    summary: 'Limit how fast a task moves',
    description: ['A limit that is not given goes back to what the configuration says.'],
    args: [TASK],
    options: [
      { name: 'down', value: 'RATE', text: 'bytes per second that it receives, such as 2M or 500K; 0: no limit' },
      { name: 'up', value: 'RATE', text: 'bytes per second that it sends' },
      RAW,
      ...AT_NODE,
    ],
    examples: [['bft limits film --down 2M', 'lets it receive 2 MiB a second']],
    load: async () => (await import('../commands/limits.ts')).limits,
  },
  {
    name: 'ask',
    summary: 'Call any method of the protocol',
    args: [METHOD, { name: 'KEY=VALUE', kind: 'text', isOptional: true, isMany: true, text: 'its parameters' }],
    options: [
      { name: 'params', value: 'FILE', kind: 'file', text: 'more parameters, a JSON object; - is standard input' },
      RAW,
      ...AT_NODE,
    ],
    examples: [['bft ask progress taskfile=cfec-001-film.task.json --raw', 'prints the answer as the node sent it']],
    load: async () => (await import('../commands/ask.ts')).ask,
  },
];
