import { BftError } from '../core/errors.ts';
import type { KeyedLock } from '../core/keyed-lock.ts';
import type { SendingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { Attempts } from './attempts.ts';
import type { PausedTasks } from './paused-tasks.ts';
import type { PublishedTask } from './published-task.ts';
import type { QueueRunner } from './queue-runner.ts';
import type { ServedTasks } from './served-tasks.ts';
import { unfit } from './unfit.ts';

interface Components {
  readonly store: TaskStore<SendingState>;
  readonly paused: PausedTasks<SendingState>;
  readonly queue: QueueRunner<SendingState>;
  readonly attempts: Attempts<SendingState>;
  readonly served: ServedTasks;
  readonly published: PublishedTask;
  readonly lock: KeyedLock;
}

type LivingState = Exclude<SendingState, 'history'>;

/** What an operator does to a task that waits, is uploaded or served. Everything throws TASK_UNKNOWN and TASK_STATE_UNFIT. */
export class SentControl {
  readonly #c: Components;

  constructor(components: Components) {
    this.#c = components;
  }

  /** Stops it where it is until it is resumed. Of a served one the seed time goes on (decision 13). */
  pause(name: string): Promise<void> {
    const { lock, paused, queue, store, published } = this.#c;
    return lock.run(name, async () => {
      await this.#stateFor('paused', name);
      await paused.add(name);
      await queue.cancel(name, () => Promise.resolve());
      if ((await this.#stateFor('paused', name)) !== 'uploaded') return;
      await this.#serveAnew(name);
      await published.removeTask(name, await store.read('uploaded', name));
    });
  }

  resume(name: string): Promise<void> {
    const { lock, paused, queue } = this.#c;
    return lock.run(name, async () => {
      const state = await this.#stateFor('resumed', name);
      if (!paused.has(name)) throw unfit(name, 'is not paused');
      await paused.remove(name);
      if (state === 'uploading') await queue.restart(name, () => Promise.resolve());
      else if (state === 'uploaded') await this.#serveAnew(name);
      else queue.fill();
    });
  }

  /** Tries at once, and anew from the first try, what failed: the upload, or to serve what was uploaded. */
  retry(name: string): Promise<void> {
    const { lock, paused, queue, attempts, served } = this.#c;
    return lock.run(name, async () => {
      const state = await this.#stateFor('tried again', name);
      if (paused.has(name)) throw unfit(name, 'is paused: resume it');
      if (state === 'uploading' && attempts.failure(name)) {
        await queue.restart(name, async () => {
          if ((await this.#stateFor('tried again', name)) === 'uploading') await attempts.forget(name);
        });
      } else if (state === 'uploaded' && served.failure(name)) {
        await this.#serveAnew(name);
      } else throw unfit(name, 'has not failed');
    });
  }

  /** As it is to be served from now on; nothing when its seed time is over. */
  async #serveAnew(name: string): Promise<void> {
    const { store, served } = this.#c;
    await served.release(name);
    if ((await store.find(name)) === 'uploaded') served.add(name);
  }

  async #stateFor(what: string, name: string): Promise<LivingState> {
    const state = await this.#c.store.find(name);
    if (state === undefined) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    if (state !== 'history') return state;
    throw unfit(name, `is in history and cannot be ${what}`);
  }
}
