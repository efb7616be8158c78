import { METHODS } from '../../core/method.ts';
import { formatBytes } from '../../core/units.ts';
import type { TaskRow } from '../../api/rest/shapes.ts';
import { columns } from './columns.ts';
import { bar, durationOf, percentOf, rateOf } from './figures.ts';

/** Where the word for programs says too little. */
const WORDS: Partial<Record<TaskRow['status'], string>> = { nosource: 'no source', window: 'waiting' };

export const statusOf = ({ status }: Pick<TaskRow, 'status'>): string => WORDS[status] ?? status;

/** A table, and below each task that does not move why. */
export function taskTable(tasks: readonly TaskRow[]): string {
  const rows = tasks.map(task => [
    statusOf(task),
    percentOf(task.bytes, task.size),
    formatBytes(task.left),
    rateOf(task.rate),
    task.ratio,
    task.direction === 'sent' ? 'out' : 'in',
    task.name,
  ]);
  const [head = '', ...lines] = columns(
    ['STATUS', 'DONE', 'LEFT', 'RATE', 'RATIO', 'WAY', 'TASK'],
    rows,
    [1, 2, 3],
  ).split('\n');
  return [head, ...lines.flatMap((line, index) => [line, ...reasons(tasks[index])])].join('\n');
}

/** State, then cause, then what comes next. */
export function reasons(task: Pick<TaskRow, 'cause' | 'until'> | undefined): string[] {
  if (!task) return [];
  // Of a window the cause says it already.
  const until = task.until === null || task.cause?.code === 'WINDOW_CLOSED' ? '' : ` (until ${task.until})`;
  if (!task.cause) return until ? [`  waits${until}`] : [];
  return [`  ${task.cause.desc}${until}. ${task.cause.next}`.trimEnd()];
}

/** A task that is followed: bars for a terminal. */
export function taskBars(task: TaskRow): string[] {
  const methods = METHODS.filter(method => task.methods[method].total > 0).map(method => {
    const { bytes, total, rate } = task.methods[method];
    return `  ${method.padEnd(3)} ${bar(bytes, total)} ${percentOf(bytes, total).padStart(7)} of ${formatBytes(total)}  ${rateOf(rate)}`;
  });
  const all = `  all ${bar(task.bytes, task.size)} ${percentOf(task.bytes, task.size).padStart(7)} of ${formatBytes(task.size)}  ${rateOf(task.rate)}`;
  return [`${statusOf(task)}${left(task)}  ${task.name}`, all, ...methods, ...reasons(task)];
}

/** The same for a log. */
export function taskSentence(task: TaskRow): string {
  const done = `${percentOf(task.bytes, task.size)} of ${formatBytes(task.size)}`;
  return `${statusOf(task)}, ${done}, ${rateOf(task.rate)}${left(task)}: ${task.name}${reasons(task).join('')}`;
}

function left({ left, rate }: TaskRow): string {
  if (left === 0) return '';
  return `, ${formatBytes(left)} left${rate > 0 ? ` (${durationOf(left / rate)})` : ''}`;
}
