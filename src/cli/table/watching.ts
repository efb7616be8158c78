import type { CommandEntry } from './entry.ts';
import { AT_NODE, DIRECTION, TASK, YES } from './options.ts';

const TASKS = { ...TASK, isMany: true } as const;

/** Looking at tasks and acting on them. */
export const WATCHING: readonly CommandEntry[] = [
  {
    name: 'ls',
    summary: 'List the tasks of a node, and why they do not move',
    options: [
      {
        name: 'group',
        value: 'GROUP',
        kind: ['attention', 'active', 'waiting', 'done'],
        text: 'only those: attention, active, waiting, done',
      },
      DIRECTION,
      { name: 'names', text: 'names of the task files only' },
      ...AT_NODE,
    ],
    load: async () => (await import('../commands/ls.ts')).ls,
  },
  {
    name: 'show',
    summary: 'Show a task in full: methods, peers, events',
    args: [TASK],
    options: [DIRECTION, ...AT_NODE],
    load: async () => (await import('../commands/show.ts')).show,
  },
  {
    name: 'watch',
    summary: 'Follow a task until it ends, or all of them',
    description: ['Bars on a terminal; else a line every 30 seconds; with --json a line of JSON at every look.'],
    args: [{ ...TASK, isOptional: true }],
    options: [DIRECTION, ...AT_NODE],
    load: async () => (await import('../commands/watch.ts')).watch,
  },
  {
    name: 'pause',
    summary: 'Let tasks stand still until they are resumed',
    args: [TASKS],
    options: [DIRECTION, ...AT_NODE],
    load: async () => (await import('../commands/act.ts')).pause,
  },
  {
    name: 'resume',
    summary: 'Let paused tasks go on',
    args: [TASKS],
    options: [DIRECTION, ...AT_NODE],
    load: async () => (await import('../commands/act.ts')).resume,
  },
  {
    name: 'retry',
    summary: 'Try failed tasks again at once',
    args: [{ ...TASKS, isOptional: true }],
    options: [{ name: 'all', text: 'every task that has failed' }, DIRECTION, ...AT_NODE],
    load: async () => (await import('../commands/act.ts')).retry,
  },
  {
    name: 'cancel',
    summary: 'Stop a task and remove its partial data',
    description: ['A finished package stays, unless --delete-files is given.'],
    args: [TASK],
    options: [
      YES,
      { name: 'delete-files', text: 'also delete what is here of the package; its name must be typed or given' },
      { name: 'confirm', value: 'NAME', text: 'name of the package, for --delete-files where nobody can be asked' },
      DIRECTION,
      ...AT_NODE,
    ],
    examples: [
      ['bft cancel film --yes', 'stops it without asking'],
      ['bft cancel film --delete-files --confirm film', 'also deletes the package'],
    ],
    load: async () => (await import('../commands/cancel.ts')).cancel,
  },
  {
    name: 'schedule',
    summary: 'Show the hours of the next seven days, and what waits for them',
    options: AT_NODE,
    load: async () => (await import('../commands/schedule.ts')).schedule,
  },
  {
    name: 'history',
    summary: 'List ended tasks, the latest first',
    options: [
      { name: 'limit', value: 'N', default: '20', text: 'how many, at most 500' },
      { name: 'before', value: 'MARK', text: 'those before; the mark is told at the end of a page' },
      { name: 'csv', text: 'all of them, as CSV' },
      DIRECTION,
      ...AT_NODE,
    ],
    load: async () => (await import('../commands/history.ts')).history,
  },
  {
    name: 'report',
    summary: 'Print the delivery report of a received task',
    args: [TASK],
    options: AT_NODE,
    load: async () => (await import('../commands/report.ts')).report,
  },
  {
    name: 'events',
    summary: 'List the latest events, oldest first',
    options: [
      { name: 'since', value: 'N', text: 'those with a greater number' },
      { name: 'follow', text: 'go on with those to come' },
      ...AT_NODE,
    ],
    load: async () => (await import('../commands/events.ts')).events,
  },
];
