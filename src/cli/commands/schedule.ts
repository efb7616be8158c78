import { METHODS, type Method } from '../../core/method.ts';
import { formatBytes } from '../../core/units.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { columns } from '../output/columns.ts';
import { print } from '../output/print.ts';

interface Timetable {
  readonly window: string;
  readonly open: boolean;
  readonly periods: readonly {
    readonly opens: string | null;
    readonly closes: string | null;
    readonly rate: number | null;
  }[];
}
interface Page {
  readonly now: string;
  readonly zone: string;
  readonly methods: Record<Method, { readonly own: Timetable | null; readonly timetables: readonly Timetable[] }>;
  readonly tasks: readonly {
    readonly name: string;
    readonly state: string;
    readonly ratio: string;
    readonly policy: string;
    readonly deadline: string | null;
    readonly forecast: string | null;
    readonly atrisk: boolean;
  }[];
}

/** The hours of the next seven days, and what waits for them. */
export async function schedule(call: Call): Promise<void> {
  const page = await (await atNode(call)).get<Page>('/api/v1/schedule');
  print(call, page, () =>
    [`${page.now} ${page.zone}`, ...METHODS.flatMap(method => hours(page, method)), '', tasks(page)].join('\n'),
  );
}

function hours({ methods }: Page, method: Method): string[] {
  const { own, timetables } = methods[method];
  const told = [
    ...(own ? [{ whose: 'of this node', table: own }] : []),
    ...timetables.map(table => ({ whose: 'of tasks', table })),
  ];
  if (told.length === 0) return ['', `${method}: at any time`];
  return told.flatMap(({ whose, table }) => [
    '',
    `${method}: ${table.window} ${whose}, ${table.open ? 'open' : 'closed'} now`,
    ...table.periods.map(({ opens, closes, rate }) => `  ${opens ?? '…'} to ${closes ?? '…'}${limit(rate)}`),
  ]);
}

const limit = (rate: number | null): string => (rate === null ? '' : `, at most ${formatBytes(rate)}/s`);

function tasks({ tasks }: Page): string {
  if (tasks.length === 0) return 'no tasks wait or run';
  const rows = tasks.map(({ name, state, ratio, policy, deadline, forecast, atrisk }) => [
    state,
    ratio,
    policy,
    `${deadline ?? '-'}${atrisk ? ' AT RISK' : ''}`,
    forecast ?? '-',
    name,
  ]);
  return columns(['STATE', 'RATIO', 'POLICY', 'DEADLINE', 'FORECAST', 'TASK'], rows);
}
