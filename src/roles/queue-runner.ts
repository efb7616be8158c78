import type { Logger } from '../core/log.ts';
import type { TaskStore } from '../queue/task-store.ts';
import { RunningTasks } from './running-tasks.ts';

export interface QueueOptions<State extends string> {
  readonly from: State;
  readonly to: State;
  /** How many may run at once (BS-31, BR-44). */
  readonly limit: () => number;
  /** Does the task's work; it leaves the state `to` by itself when it succeeds. */
  readonly run: (name: string, signal: AbortSignal) => Promise<void>;
}

/** Takes tasks from a waiting state into a running one, oldest first, up to a limit. What was running when the daemon ended goes on first. */
export class QueueRunner<State extends string> {
  readonly #store: TaskStore<State>;
  readonly #log: Logger;
  readonly #options: QueueOptions<State>;
  readonly #running: RunningTasks;
  #filling: Promise<void> = Promise.resolve();
  #isOpen = false;
  readonly #onChange = () => this.#fill();

  constructor({ store, log }: { store: TaskStore<State>; log: Logger }, options: QueueOptions<State>) {
    this.#store = store;
    this.#log = log;
    this.#options = options;
    this.#running = new RunningTasks(log);
  }

  async start(): Promise<void> {
    const { to } = this.#options;
    const interrupted = await this.#store.list(to);
    if (interrupted.length > 0) this.#log.info(`start ${to} taskfiles: ${interrupted.join(',')}`);
    this.#isOpen = true;
    for (const name of interrupted) this.#run(name);
    this.#store.on('changed', this.#onChange);
    this.#fill();
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
    this.#store.off('changed', this.#onChange);
    await this.#filling;
    await this.#running.stopAll();
  }

  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  /** Stops the task's work and calls `remove` while nothing can take the task up again. */
  async cancel(name: string, remove: () => Promise<void>): Promise<void> {
    await this.#exclusively(async () => {
      await this.#running.stop(name);
      await remove();
    });
  }

  #fill(): void {
    if (!this.#isOpen) return;
    this.#exclusively(async () => {
      const { from, to, limit } = this.#options;
      for (const name of await this.#store.list(from)) {
        if (!this.#isOpen || this.#running.size >= limit()) return;
        await this.#store.move(name, from, to);
        this.#run(name);
      }
    }).catch((error: unknown) => this.#log.error({ err: error }, `tasks cannot be taken from ${this.#options.from}`));
  }

  #run(name: string): void {
    this.#running.start(
      name,
      signal => this.#options.run(name, signal),
      () => this.#fill(),
    );
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#filling.then(work);
    this.#filling = done.catch(() => {});
    return done;
  }
}
