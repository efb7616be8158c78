import { METHODS } from '../../core/method.ts';
import { formatBytes } from '../../core/units.ts';
import type { TaskDetail } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { taskNamed, taskOf } from '../node/tasks.ts';
import { columns } from '../output/columns.ts';
import { limitOf, percentOf, rateOf } from '../output/figures.ts';
import { print } from '../output/print.ts';
import { reasons, statusOf } from '../output/task-lines.ts';

/** One task in full. */
export async function show(call: Call): Promise<void> {
  const node = await atNode(call);
  const task = await taskOf(node, call, await taskNamed(node, call, call.args[0] ?? '', { history: true }));
  print(call, task, () => [...facts(task), '', methods(task), ...peers(task), ...events(task)].join('\n'));
}

function facts(task: TaskDetail): string[] {
  const limits = `down ${limitOf(task.limits.down)}, up ${limitOf(task.limits.up)}`;
  const { pieces } = task;
  const rows: [string, string | undefined][] = [
    ['status', `${statusOf(task)} (${task.direction}, in ${task.state})`],
    [
      'done',
      `${percentOf(task.bytes, task.size)}: ${formatBytes(task.bytes)} of ${formatBytes(task.size)}, ${formatBytes(task.left)} left`,
    ],
    ['rate', rateOf(task.rate)],
    ['limits', limits],
    ['ratio', `${task.ratio} ${task.policy}`],
    ['deadline', task.deadline === null ? undefined : `${task.deadline}${task.atrisk ? ' (at risk)' : ''}`],
    ['forecast', task.forecast ?? undefined],
    [
      'pieces',
      pieces
        ? `${pieces.have} of ${pieces.total}, ${pieces.missing} missing, ${pieces.rare} at one peer only`
        : undefined,
    ],
    ['can', task.actions.join(', ') || undefined],
    ['report', task.report ? 'yes (bft report)' : undefined],
    ['package', task.dcppath || task.package],
    ['task file', task.taskfile],
  ];
  const told = rows.filter(row => row[1] !== undefined).map(([key, value]) => `${`${key}:`.padEnd(11)}${value}`);
  return [task.name, ...reasons(task), ...told];
}

function methods(task: TaskDetail): string {
  const rows = METHODS.map(method => {
    const { state, bytes, total, rate, actual, target, window, trouble } = task.methods[method];
    const shares = `${actual.toFixed(1)}/${target.toFixed(1)} %`;
    return [
      method,
      state,
      `${formatBytes(bytes)} of ${formatBytes(total)}`,
      rateOf(rate),
      shares,
      window || '-',
      trouble,
    ];
  });
  return columns(['METHOD', 'STATE', 'BYTES', 'RATE', 'ACTUAL/TARGET', 'WINDOW', 'TROUBLE'], rows);
}

function peers({ peers }: TaskDetail): string[] {
  if (peers.length === 0) return [];
  const rows = peers.map(peer => [
    `${peer.percent.toFixed(1)} %`,
    rateOf(peer.downrate),
    rateOf(peer.uprate),
    peer.address,
  ]);
  return ['', columns(['HAS', 'DOWN', 'UP', 'PEER'], rows, [0, 1, 2])];
}

const events = ({ events }: TaskDetail): string[] =>
  events.length === 0 ? [] : ['', ...events.map(({ time, text }) => `${time}  ${text}`)];
