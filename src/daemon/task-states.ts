import { lstat } from 'node:fs/promises';
import type { TaskCount } from '../api/node.ts';
import type { Clock } from '../core/clock.ts';
import { notThere } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import type { StateChange, TaskStore } from '../queue/task-store.ts';

interface QueueAge {
  readonly direction: TaskCount['direction'];
  readonly seconds: number;
}

/** The states of all tasks of a node: tells what changes, and counts. */
export class TaskStates {
  readonly #events: Pick<Events, 'add'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #counts: (() => Promise<TaskCount>)[] = [];
  readonly #oldest: (() => Promise<QueueAge>)[] = [];

  constructor(events: Pick<Events, 'add'>, { clock }: { clock: Pick<Clock, 'now'> }) {
    this.#events = events;
    this.#clock = clock;
  }

  add<State extends string>(
    direction: TaskCount['direction'],
    store: TaskStore<State>,
    states: readonly State[],
  ): void {
    store.on('changed', change => this.#events.add('TASK_STATE', change.name, `${direction} task: ${moved(change)}`));
    for (const state of states) this.#counts.push(async () => ({ direction, state, tasks: await store.count(state) }));
    const [queue] = states;
    if (queue !== undefined) this.#oldest.push(async () => ({ direction, seconds: await this.#age(store, queue) }));
  }

  /** Not of a directory that cannot be read: what watches the node is to see the rest. */
  counts(): Promise<TaskCount[]> {
    return readable(this.#counts);
  }

  /** Seconds since the oldest task of each queue was put there, 0 when it is empty; not of one that cannot be read. */
  oldestQueued(): Promise<QueueAge[]> {
    return readable(this.#oldest);
  }

  async #age<State extends string>(store: TaskStore<State>, queue: State): Promise<number> {
    const [oldest] = await store.list(queue);
    const info = oldest === undefined ? undefined : await lstat(store.path(queue, oldest)).catch(notThere);
    return info ? Math.max(0, (this.#clock.now() - info.mtimeMs) / 1000) : 0;
  }
}

/** What cannot be read is told by the readiness. */
const readable = async <T>(questions: readonly (() => Promise<T>)[]): Promise<T[]> =>
  (await Promise.all(questions.map(ask => ask().catch(() => undefined)))).filter(answer => answer !== undefined);

function moved<State extends string>({ from, to }: StateChange<State>): string {
  if (from === undefined) return `new in ${to}`;
  return to === undefined ? `removed from ${from}` : `${from} → ${to}`;
}
