import type { Logger } from '../core/log.ts';
import type { TaskStore } from '../queue/task-store.ts';
import { RunningTasks } from './running-tasks.ts';

const FILL_AGAIN_MS = 30_000;

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
  #later: NodeJS.Timeout | undefined;
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
    clearTimeout(this.#later);
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
      for (const name of await this.#store.list(this.#options.from)) {
        if (!this.#isOpen || this.#running.size >= this.#options.limit()) return;
        // Dropped in by hand while the same task runs: it waits for its end.
        if (!this.#running.has(name)) await this.#take(name);
      }
    }).catch((error: unknown) => this.#fillLater(error));
  }

  /** One task that cannot be taken does not keep the others waiting. */
  async #take(name: string): Promise<void> {
    const { from, to } = this.#options;
    try {
      await this.#store.move(name, from, to);
      this.#run(name);
    } catch (error) {
      this.#fillLater(error);
    }
  }

  #fillLater(error: unknown): void {
    this.#log.error({ err: error }, `a task cannot be taken from ${this.#options.from}; tried again in a while`);
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.#fill(), FILL_AGAIN_MS);
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
