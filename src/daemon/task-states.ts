import type { TaskCount } from '../api/node.ts';
import type { Events } from '../core/events.ts';
import type { StateChange, TaskStore } from '../queue/task-store.ts';

/** The states of all tasks of a node: tells what changes, and counts. */
export class TaskStates {
  readonly #events: Pick<Events, 'add'>;
  readonly #counts: (() => Promise<TaskCount>)[] = [];

  constructor(events: Pick<Events, 'add'>) {
    this.#events = events;
  }

  add<State extends string>(
    direction: TaskCount['direction'],
    store: TaskStore<State>,
    states: readonly State[],
  ): void {
    store.on('changed', change => this.#events.add('TASK_STATE', change.name, `${direction} task: ${moved(change)}`));
    for (const state of states) this.#counts.push(async () => ({ direction, state, tasks: await store.count(state) }));
  }

  counts(): Promise<TaskCount[]> {
    return Promise.all(this.#counts.map(count => count()));
  }
}

function moved<State extends string>({ from, to }: StateChange<State>): string {
  if (from === undefined) return `new in ${to}`;
  return to === undefined ? `removed from ${from}` : `${from} → ${to}`;
}
