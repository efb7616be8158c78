import { HISTORY_EXAMPLE, NODES_EXAMPLE, TASK_DETAIL_EXAMPLE, TASKS_EXAMPLE } from '../../../src/api/rest/examples.ts';
import type { Direction, Overview, Reports, TaskControl } from '../../../src/api/rest/node-parts.ts';
import type { HistoryRow, TaskDetail, TasksPage } from '../../../src/api/rest/shapes.ts';
import { BftError } from '../../../src/core/errors.ts';
import { parseTaskFile } from '../../../src/task/task-file.ts';

export const NAME = TASK_DETAIL_EXAMPLE.name;

/** A daemon with one task, which a test changes as it likes. */
export class OneTask implements Overview {
  page: TasksPage = structuredClone(TASKS_EXAMPLE);
  detail: TaskDetail = structuredClone(TASK_DETAIL_EXAMPLE);
  rows: readonly HistoryRow[] = HISTORY_EXAMPLE.entries;
  failure: Error | undefined;
  /** How often all tasks were looked at. */
  looks = 0;
  readonly asked: unknown[] = [];

  summary = () => Promise.resolve(this.page.node);
  others = () => Promise.resolve(NODES_EXAMPLE.others);

  async tasks() {
    this.looks++;
    if (this.failure) throw this.failure;
    return this.page.tasks;
  }

  task = async (name: string, direction: Direction = 'received') => {
    if (name !== NAME || direction !== 'received') throw new BftError('TASK_UNKNOWN', `there is no task ${name}`);
    if (this.failure) throw this.failure;
    return this.detail;
  };

  async history(query: object) {
    this.asked.push(query);
    return { entries: [...this.rows], next: null };
  }

  async *historyRows() {
    yield* this.rows;
  }
}

/** Notes what it was told. */
export class NotedControl implements TaskControl {
  readonly told: unknown[] = [];
  #note = async (...what: unknown[]) => void this.told.push(what);

  pause = (...of: [Direction, string]) => this.#note('pause', ...of);
  resume = (...of: [Direction, string]) => this.#note('resume', ...of);
  retry = (...of: [Direction, string]) => this.#note('retry', ...of);
  cancel = (...of: [Direction, string, object]) => this.#note('cancel', ...of);
  isPaused = () => false;

  async receive(text: string) {
    const { basesubdir, name } = parseTaskFile(text);
    return { name: `${basesubdir}-${name}.task.json`, desc: 'succeed!' };
  }
}

export const reports: Reports = {
  report: async name =>
    name === NAME ? { json: { name, verified: 'pieces' }, text: `Delivery report of ${name}\n` } : undefined,
};
