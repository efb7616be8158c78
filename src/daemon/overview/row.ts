import type { TaskRow } from '../../api/rest/shapes.ts';
import type { Method } from '../../core/method.ts';
import { METHODS } from '../../core/method.ts';
import { formatIsoTime } from '../../core/units.ts';
import type { TaskFile } from '../../task/task-file.ts';
import { isPriortime } from '../../task/task-timetable.ts';
import type { Prospect } from '../outlook.ts';
import { actionsOf, GROUPS, type Standing } from './standing.ts';

/** Bytes, and bytes per second, of one method. */
export interface Amount {
  readonly bytes: number;
  readonly total: number;
  readonly rate: number;
}

export type Amounts = Readonly<Partial<Record<Method, Amount>>>;

export interface RowParts {
  readonly direction: TaskRow['direction'];
  readonly name: string;
  readonly state: string;
  readonly task: Pick<TaskFile, 'name' | 'basesubdir' | 'bt-obs-cdn' | 'policy'>;
  /** Bytes of all its files; what no method is to bring was here before. */
  readonly size: number;
  readonly amounts: Amounts;
  readonly standing: Standing;
  readonly prospect: Prospect | undefined;
}

/** A row, and by what rows of one group are sorted: ms since the epoch. */
export interface AgedRow {
  readonly row: TaskRow;
  readonly age: number;
}

export function taskRow({ direction, name, state, task, size, amounts, standing, prospect }: RowParts): TaskRow {
  const methods = perMethod(method => amountOf(amounts[method]));
  const sum = (of: (amount: Amount) => number) => METHODS.reduce((all, method) => all + of(methods[method]), 0);
  const total = sum(amount => amount.total);
  const local = Math.max(0, size - total);
  const left = total - sum(({ bytes }) => bytes);
  const { status, cause, until } = standing;
  return {
    id: `${direction}/${name}`,
    direction,
    name,
    package: task.name,
    basesubdir: task.basesubdir,
    state,
    status,
    group: GROUPS[status],
    cause: cause ?? null,
    until: timeOrNull(until),
    size,
    local,
    bytes: size - left,
    left,
    rate: sum(({ rate }) => rate),
    ratio: task['bt-obs-cdn'],
    policy: isPriortime(task as TaskFile) ? 'priortime' : 'fulltime',
    methods,
    deadline: timeOrNull(prospect?.deadline),
    forecast: timeOrNull(prospect?.forecast.end),
    atrisk: prospect?.isAtRisk ?? false,
    actions: actionsOf(standing),
  };
}

/** More than all may come for a while: what was found wrong is fetched again. */
const amountOf = ({ bytes, total, rate }: Amount = { bytes: 0, total: 0, rate: 0 }): Amount => ({
  bytes: Math.min(bytes, total),
  total,
  rate: Math.round(rate),
});

export function perMethod<T>(of: (method: Method) => T): Record<Method, T> {
  return { bt: of('bt'), obs: of('obs'), cdn: of('cdn') };
}

/** Null: there is no such moment, or it is not known. */
export const timeOrNull = (at: number | undefined): string | null =>
  at !== undefined && Number.isFinite(at) ? formatIsoTime(at) : null;
