import { METHODS, type Method } from '../../core/method.ts';
import { type FileState, isSameState } from '../../disk/file-state.ts';
import { readTaskFile, type TaskStore } from '../../queue/task-store.ts';
import type { ReceivingState } from '../../queue/states.ts';
import type { TaskRecords } from '../../roles/task-records.ts';
import { LIST_KEY, listSize } from '../../task/task-file.ts';
import type { TransferReport } from '../../transfer/report.ts';

/** So many are remembered: what lies in `downloaded` is asked for once a second. */
const MOST = 2000;

/** What is known of a task that was received. */
export interface Delivery {
  readonly package: string;
  /** Bytes of the package, and those that were here before. */
  readonly size: number;
  readonly local: number;
  /** Local time, as the task file has it; '' for none. */
  readonly finished: string;
  /** Of the transfer; undefined: it left none. */
  readonly report: TransferReport | undefined;
  /** Bytes by method. */
  readonly bytes: Readonly<Record<Method, number>>;
  readonly wasted: number;
  /** Whether its delivery report is written. */
  readonly isReported: boolean;
}

interface Components {
  readonly store: TaskStore<ReceivingState>;
  readonly records: Pick<TaskRecords, 'report'>;
  readonly isReported: (name: string) => Promise<boolean>;
}

/** What the transfers of tasks moved that are over. */
export class Deliveries {
  readonly #c: Components;
  /** That this node fetches. */
  readonly #methods: readonly Method[];
  readonly #known = new Map<string, { readonly info: FileState; readonly delivery: Delivery }>();

  constructor(components: Components, methods: readonly Method[]) {
    this.#c = components;
    this.#methods = methods;
  }

  /** Of a task in `downloaded` or `history`. Throws what reading its task file throws. */
  async of(name: string, state: 'downloaded' | 'history', info: FileState): Promise<Delivery> {
    const known = this.#known.get(name);
    const isKnown = known && isSameState(known.info, info);
    if (isKnown && known.delivery.isReported) return known.delivery;
    const read = isKnown ? known.delivery : await this.#read(name, state);
    // The report comes a while after the task.
    const delivery = { ...read, isReported: await this.#c.isReported(name) };
    this.#known.delete(name);
    this.#known.set(name, { info, delivery });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
    return delivery;
  }

  async #read(name: string, state: 'downloaded' | 'history'): Promise<Delivery> {
    const task = await readTaskFile(this.#c.store.path(state, name));
    const report = await this.#c.records.report(name, task);
    const listed = (method: Method) => (this.#methods.includes(method) ? listSize(task, LIST_KEY[method]) : 0);
    const bytes = (method: Method) => report?.methods[method].bytes ?? listed(method);
    const wasted = METHODS.reduce((sum, method) => sum + (report?.methods[method].wasted ?? 0), 0);
    return {
      package: task.name,
      size: task.size,
      local: report?.local ?? listSize(task, 'localsamefiles'),
      finished: task.finishedtime ?? '',
      report,
      wasted,
      isReported: false,
      bytes: { bt: bytes('bt'), obs: bytes('obs'), cdn: bytes('cdn') },
    };
  }
}
