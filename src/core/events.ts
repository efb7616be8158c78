import { EventEmitter } from 'node:events';
import type { Clock } from './clock.ts';

/** How many are kept. */
const KEPT = 500;

export type EventCode = 'TASK_STATE' | 'DEADLINE_AT_RISK' | 'DEADLINE_ON_TIME';

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

/** The latest things that happened on this node, oldest first; who listens to `happened` gets each as it comes. */
export class Events extends EventEmitter<{ happened: [TaskEvent] }> {
  readonly #clock: Pick<Clock, 'now'>;
  #kept: TaskEvent[] = [];
  #count = 0;

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    super();
    this.#clock = clock;
  }

  add(code: EventCode, task: string, text: string): void {
    const event = { number: ++this.#count, at: this.#clock.now(), code, task, text };
    this.#kept.push(event);
    if (this.#kept.length >= 2 * KEPT) this.#kept = this.#kept.slice(-KEPT);
    this.emit('happened', event);
  }

  /** Those with a greater number, at most the latest 500. */
  since(number: number): readonly TaskEvent[] {
    return this.#kept.slice(-KEPT).filter(event => event.number > number);
  }
}
