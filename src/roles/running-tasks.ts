import { BftError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';

interface Running {
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** What the node is doing right now: one job per task, each with the signal that stops it. */
export class RunningTasks {
  readonly #log: Logger;
  readonly #tasks = new Map<string, Running>();

  constructor(log: Logger) {
    this.#log = log;
  }

  get size(): number {
    return this.#tasks.size;
  }

  has(name: string): boolean {
    return this.#tasks.has(name);
  }

  /** Starts a job unless one runs for this task. A job that ends, however it ends, is forgotten; then `onEnd` is called. */
  start(name: string, job: (signal: AbortSignal) => Promise<void>, onEnd: () => void = () => {}): void {
    if (this.#tasks.has(name)) return;
    const controller = new AbortController();
    const done = Promise.resolve()
      .then(() => job(controller.signal))
      .catch((error: unknown) => {
        if (!controller.signal.aborted)
          this.#log.error({ task: name, err: error }, 'the job of this task ended with an error');
      })
      .finally(() => {
        this.#tasks.delete(name);
        onEnd();
      });
    this.#tasks.set(name, { controller, done });
  }

  /** Resolves when the job that runs for this task, if any, has ended. */
  async ended(name: string): Promise<void> {
    await this.#tasks.get(name)?.done;
  }

  /** Stops a task's job and waits until it let go of everything. */
  async stop(name: string): Promise<void> {
    const running = this.#tasks.get(name);
    running?.controller.abort(new BftError('TASK_CANCELLED', `${name} was stopped`));
    await running?.done;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#tasks.keys()].map(name => this.stop(name)));
  }
}
