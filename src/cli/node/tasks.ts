import { BftError } from '../../core/errors.ts';
import type { HistoryPage, TaskDetail, TasksPage } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import type { NodeClient } from './node-client.ts';
import { similarTo } from './similar.ts';

const SUFFIX = '.task.json';
/** As many as a node gives at once. */
const HISTORY_ROWS = 500;

interface Named {
  readonly name: string;
  readonly package: string;
  readonly direction: string;
}

export const tasksOf = (node: NodeClient): Promise<TasksPage> => node.get('/api/v1/tasks');

export const taskPath = (name: string): string => `/api/v1/tasks/${encodeURIComponent(name)}`;

export const directionOf = (call: Pick<Call, 'text'>): { direction: string | undefined } => ({
  direction: call.text('direction'),
});

export const taskOf = (node: NodeClient, call: Pick<Call, 'text'>, name: string): Promise<TaskDetail> =>
  node.get(taskPath(name), directionOf(call));

/**
 * The name of a task as its node has it, given with or without `.task.json`, or as the package's name if it is the only one. With `history`
 * ended ones count, too. A full name is not looked up: a node may have very many tasks. Throws TASK_UNKNOWN, which names similar ones, and USAGE
 * when it may be several.
 */
export async function taskNamed(
  node: NodeClient,
  call: Pick<Call, 'text'>,
  text: string,
  { history = false } = {},
): Promise<string> {
  if (text.endsWith(SUFFIX)) return text;
  const wanted = call.text('direction');
  const isMeant = ({ direction }: Named) => wanted === undefined || direction === wanted;
  const running = (await tasksOf(node)).tasks.filter(isMeant);
  const found = pick(running, text);
  if (found !== undefined) return found;
  const ended = history ? (await historyOf(node)).filter(isMeant) : [];
  return pick(ended, text) ?? unknown(text, [...running, ...ended]);
}

async function historyOf(node: NodeClient): Promise<readonly Named[]> {
  return (await node.get<HistoryPage>('/api/v1/history', { limit: HISTORY_ROWS })).entries;
}

/** Throws USAGE when it may be several. */
export function pick(tasks: readonly Named[], text: string): string | undefined {
  const exact = tasks.find(({ name }) => name === text + SUFFIX);
  if (exact) return exact.name;
  const names = new Set(tasks.filter(task => task.package === text).map(({ name }) => name));
  if (names.size > 1)
    throw new BftError('USAGE', `several tasks are of the package ${text}: give one of ${[...names].join(', ')}`);
  return [...names][0];
}

function unknown(text: string, tasks: readonly Named[]): never {
  const names = tasks.flatMap(task => [task.name.slice(0, -SUFFIX.length), task.package]);
  const similar = similarTo(text, [...new Set(names)]);
  const hint = similar.length > 0 ? `; did you mean ${similar.join(' or ')}?` : '';
  throw new BftError('TASK_UNKNOWN', `there is no task ${text} on the node${hint}`);
}
