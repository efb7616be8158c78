import { BftError } from '../core/errors.ts';
import type { KeyedLock } from '../core/keyed-lock.ts';
import { METHODS } from '../core/method.ts';
import type { ReceivingState } from '../queue/states.ts';
import type { TaskStore } from '../queue/task-store.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Attempts } from './attempts.ts';
import type { OpenLedgers } from './open-ledgers.ts';
import type { PausedTasks } from './paused-tasks.ts';
import type { QueueRunner } from './queue-runner.ts';
import { unfit } from './unfit.ts';

interface Components {
  readonly store: TaskStore<ReceivingState>;
  readonly paused: PausedTasks<ReceivingState>;
  readonly queue: QueueRunner<ReceivingState>;
  readonly attempts: Attempts<ReceivingState>;
  readonly ledgers: OpenLedgers;
  readonly lock: KeyedLock;
  readonly item: (name: string, task: TaskFile, signal: AbortSignal) => Promise<TransferItem>;
}

/** What an operator does to a task that waits or is received. Everything throws TASK_UNKNOWN and TASK_STATE_UNFIT. */
export class IntakeControl {
  readonly #c: Components;

  constructor(components: Components) {
    this.#c = components;
  }

  /** Stops it where it is until it is resumed; what it has brought stays. */
  pause(name: string): Promise<void> {
    const { lock, paused, queue, ledgers } = this.#c;
    return lock.run(name, async () => {
      await this.#stateFor('paused', name);
      await paused.add(name);
      await queue.cancel(name, () => Promise.resolve());
      // It may have ended in that very moment.
      await this.#stateFor('paused', name);
      this.#tellPaused(name);
      // What cannot be made durable the ledger takes back: it is fetched again.
      await ledgers
        .get(name)
        ?.flush()
        .catch(() => {});
    });
  }

  resume(name: string): Promise<void> {
    const { lock, paused, queue } = this.#c;
    return lock.run(name, async () => {
      const state = await this.#stateFor('resumed', name);
      if (!paused.has(name)) throw unfit(name, 'is not paused');
      await paused.remove(name);
      if (state === 'downloading') await queue.restart(name, () => Promise.resolve());
      else queue.fill();
    });
  }

  /** Tries at once, and anew from the first try, what failed or has trouble. */
  retry(name: string): Promise<void> {
    const { lock, paused, queue, attempts } = this.#c;
    return lock.run(name, async () => {
      const state = await this.#stateFor('tried again', name);
      if (paused.has(name)) throw unfit(name, 'is paused: resume it');
      if (state === 'queues' || !this.#hasTrouble(name)) throw unfit(name, 'has not failed');
      await queue.restart(name, async () => {
        await this.#stateFor('tried again', name);
        await attempts.forget(name);
      });
    });
  }

  /** Of a task that was paused before the daemon started: how far it is can be told only with its ledger. */
  async openPaused(name: string, signal: AbortSignal): Promise<void> {
    const { store, ledgers, item } = this.#c;
    const paused = await item(name, await store.read('downloading', name), signal);
    signal.throwIfAborted();
    await ledgers.open(paused);
    this.#tellPaused(name);
  }

  /** What its methods said before is not why they do not move. */
  #tellPaused(name: string): void {
    const notice = new BftError('TASK_PAUSED', `${name} is paused by an operator`);
    for (const method of METHODS) this.#c.ledgers.get(name)?.notice(method, notice);
  }

  #hasTrouble(name: string): boolean {
    return (this.#c.attempts.failure(name) ?? this.#c.ledgers.get(name)?.trouble) !== undefined;
  }

  async #stateFor(what: string, name: string): Promise<'queues' | 'downloading'> {
    const state = await this.#c.store.find(name);
    if (state === undefined) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    if (state === 'queues' || state === 'downloading') return state;
    throw unfit(name, `is in ${state} and cannot be ${what}`);
  }
}
