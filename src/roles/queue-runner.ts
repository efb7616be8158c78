import type { Logger } from '../core/log.ts';
import type { StateChange, TaskStore } from '../queue/task-store.ts';
import { RunningTasks } from './running-tasks.ts';

const FILL_AGAIN_MS = 30_000;

export interface QueueOptions<State extends string> {
  readonly from: State;
  readonly to: State;
  /** How many may run at once (BS-31, BR-44). */
  readonly limit: () => number;
  /** Called before a task leaves `from`: its work begins, and does not only go on after a restart. */
  readonly onTake: (name: string) => Promise<void>;
  /** Does the task's work; it leaves the state `to` by itself when it succeeds. `release` frees its place while it only serves on. */
  readonly run: (name: string, signal: AbortSignal, release: () => void) => Promise<void>;
  /** Whether a task is to stay where it is: it is neither taken nor taken up again, and takes no place. */
  readonly isHeld?: (name: string) => boolean;
  /** Called after a restart for one that is held in the running state, so that what is known of it can be told. */
  readonly onHeld?: (name: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Takes tasks from a waiting state into a running one, oldest first, up to a limit. What was running when the daemon ended goes on first; it waits
 * in its state when it is more than the limit lets run.
 */
export class QueueRunner<State extends string> {
  readonly #store: TaskStore<State>;
  readonly #log: Logger;
  readonly #options: QueueOptions<State>;
  readonly #running: RunningTasks;
  /** Those of the running ones that take a place. */
  readonly #working = new Set<string>();
  /** In the running state since before the start, and not yet running. */
  #interrupted: string[] = [];
  #filling: Promise<void> = Promise.resolve();
  /** One that has not begun sees all that changes until then. */
  #isFillAsked = false;
  /** What waits, oldest first. Ten thousand may: they are not listed anew for each that is taken. */
  #listed: Set<string> = new Set();
  /** Something came since they were listed. */
  #isListOld = true;
  #isOpen = false;
  #later: NodeJS.Timeout | undefined;
  readonly #onChange = ({ name, to }: StateChange<State>) => this.#follow(name, to);

  constructor({ store, log }: { store: TaskStore<State>; log: Logger }, options: QueueOptions<State>) {
    this.#store = store;
    this.#log = log;
    this.#options = options;
    this.#running = new RunningTasks(log);
  }

  async start(): Promise<void> {
    const { to } = this.#options;
    const interrupted = await this.#store.list(to);
    this.#interrupted = interrupted.filter(name => !this.#isHeld(name));
    for (const name of interrupted.filter(name => this.#isHeld(name))) {
      this.#running.start(name, async signal => await this.#options.onHeld?.(name, signal));
    }
    if (this.#interrupted.length > 0) this.#log.info(`start ${to} taskfiles: ${this.#interrupted.join(',')}`);
    this.#isOpen = true;
    this.#store.on('changed', this.#onChange);
    this.fill();
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#later);
    this.#store.off('changed', this.#onChange);
    await this.#filling;
    await this.#running.stopAll();
  }

  /** Also of one that is being taken: its file is in the running state before its work begins. */
  isRunning(name: string): boolean {
    return this.#working.has(name) || this.#running.has(name) || this.#interrupted.includes(name);
  }

  /** Whether a task in the running state, as it was when the daemon ended, still waits for a place. */
  isWaiting(name: string): boolean {
    return this.#interrupted.includes(name);
  }

  /** Takes up again the work of a task in the running state that was stopped. */
  resume(name: string): void {
    if (this.isRunning(name)) return;
    this.#interrupted.push(name);
    this.fill();
  }

  /** Stops what is done for a task in the running state, and begins its work anew after `meanwhile`, before all others that wait for a place. */
  async restart(name: string, meanwhile: () => Promise<void>): Promise<void> {
    try {
      await this.cancel(name, async () => {
        try {
          await meanwhile();
        } finally {
          this.#interrupted.unshift(name);
        }
      });
    } finally {
      this.fill();
    }
  }

  /** Stops the task's work and calls `remove` while nothing can take the task up again. */
  async cancel(name: string, remove: () => Promise<void>): Promise<void> {
    await this.#exclusively(async () => {
      this.#interrupted = this.#interrupted.filter(other => other !== name);
      await this.#running.stop(name);
      await remove();
    });
  }

  /** Takes what may be taken. It does so by itself whenever a task comes, moves or ends. */
  fill(): void {
    if (!this.#isOpen || this.#isFillAsked) return;
    this.#isFillAsked = true;
    this.#exclusively(async () => {
      this.#isFillAsked = false;
      while (this.#hasPlace()) {
        const name = this.#interrupted.shift();
        if (name === undefined) break;
        this.#run(name);
      }
      if (this.#hasPlace()) await this.#takeListed();
    }).catch((error: unknown) => this.#fillLater(error));
  }

  async #takeListed(): Promise<void> {
    const { from } = this.#options;
    if (this.#isListOld) {
      this.#isListOld = false;
      this.#listed = new Set(await this.#store.ready(from));
    }
    for (const name of this.#listed) {
      if (!this.#hasPlace()) return;
      // Its last run may be about to end.
      if (this.#running.has(name) || this.#isHeld(name)) continue;
      if (await this.#store.isReady(from, name)) await this.#take(name);
      else this.#listed.delete(name);
    }
  }

  #follow(name: string, to: State | undefined): void {
    if (to === this.#options.from) this.#isListOld = true;
    else this.#listed.delete(name);
    this.fill();
  }

  #isHeld(name: string): boolean {
    return this.#options.isHeld?.(name) ?? false;
  }

  #hasPlace(): boolean {
    return this.#isOpen && this.#working.size < this.#options.limit();
  }

  /** One task that cannot be taken does not keep the others waiting. */
  async #take(name: string): Promise<void> {
    const { from, to, onTake } = this.#options;
    this.#working.add(name);
    try {
      await onTake(name);
      await this.#store.move(name, from, to);
      this.#run(name);
    } catch (error) {
      this.#working.delete(name);
      this.#fillLater(error);
    }
  }

  #fillLater(error: unknown): void {
    this.#log.error({ err: error }, `a task cannot be taken from ${this.#options.from}; tried again in a while`);
    this.#isListOld = true;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.fill(), FILL_AGAIN_MS);
  }

  #run(name: string): void {
    const release = () => {
      this.#working.delete(name);
      this.fill();
    };
    this.#working.add(name);
    this.#running.start(name, signal => this.#options.run(name, signal, release), release);
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#filling.then(work);
    this.#filling = done.catch(() => {});
    return done;
  }
}
