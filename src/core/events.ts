import type { Clock } from './clock.ts';

/** How many are kept. */
const KEPT = 500;

export type EventCode = 'TASK_STATE' | 'TASK_CONTROL' | 'DEADLINE_AT_RISK' | 'DEADLINE_ON_TIME' | 'PACKAGE_CHECK';

/** Something that happened to a task. */
export interface TaskEvent {
  /** From 1 on in this run of the daemon. */
  readonly number: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly code: EventCode;
  /** Name of the task file. */
  readonly task: string;
  /** For people. */
  readonly text: string;
}

/** The latest things that happened on this node, oldest first. */
export class Events {
  readonly #clock: Pick<Clock, 'now'>;
  #kept: TaskEvent[] = [];
  #count = 0;

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  add(code: EventCode, task: string, text: string): void {
    this.#kept.push({ number: ++this.#count, at: this.#clock.now(), code, task, text });
    if (this.#kept.length >= 2 * KEPT) this.#kept = this.#kept.slice(-KEPT);
  }

  /** Those with a greater number, at most the latest 500. */
  since(number: number): readonly TaskEvent[] {
    return this.#kept.slice(-KEPT).filter(event => event.number > number);
  }
}
