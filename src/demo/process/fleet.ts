import { DemoFailure } from '../failure.ts';
import { Child, type ChildCommand } from './child.ts';
import { logTail } from './log-tail.ts';

const GRACE_MS = 10_000;

/** All processes of one demo. */
export class Fleet {
  readonly #children: Child[] = [];
  readonly #death = new AbortController();
  #state: 'open' | 'stopping' = 'open';

  /** Aborts, with a DemoFailure that quotes the log, when a child ends that was not asked to. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  start(command: ChildCommand): Child {
    if (this.#state === 'stopping') throw new DemoFailure(`${command.name} is not started: the demo is stopping`);
    const child = new Child(command);
    this.#children.push(child);
    void this.#watch(child);
    return child;
  }

  /** Stops all children and waits until none is left. */
  async stop(): Promise<void> {
    this.#state = 'stopping';
    await Promise.all(this.#children.map(child => child.stop(GRACE_MS)));
  }

  /** Kills all children without waiting; for the last moment before this process ends. */
  kill(): void {
    this.#state = 'stopping';
    for (const child of this.#children) child.kill();
  }

  async #watch(child: Child): Promise<void> {
    const how = await child.ended;
    if (this.#state === 'stopping') return;
    const tail = await logTail(child.logFile);
    this.#death.abort(new DemoFailure(`${child.name} ended by itself (${how})${tail}`));
  }
}
