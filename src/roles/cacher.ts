import type { Config } from '../config/schema.ts';
import { BftError } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Startable } from '../core/lifecycle.ts';
import { formatLocalTime } from '../core/units.ts';
import type { Method } from '../core/method.ts';
import type { ReceivingState } from '../queue/states.ts';
import { checkTask } from '../task/check.ts';
import { checkTaskFileName } from '../task/names.ts';
import { seedHours, type TaskFile } from '../task/task-file.ts';
import { cleanUp } from '../transfer/assemble.ts';
import type { TransferItem } from '../transfer/item.ts';
import { Ledger } from '../transfer/ledger.ts';
import { Admission } from './admission.ts';
import { Attempts } from './attempts.ts';
import { QueueRunner } from './queue-runner.ts';
import type { ReceiverComponents } from './receiver.ts';
import { sleepUntilOver } from './serving.ts';

export interface CacheProgress {
  readonly isServing: boolean;
  /** Directory that is served, '' when unknown. */
  readonly directory: string;
  readonly error: BftError | undefined;
  readonly total: number;
  readonly ledger: Ledger | undefined;
}

/**
 * The edge: takes the bt share and serves it on from the transfer directory at the same time. The task stays in downloading while it serves; when
 * the seed time is over its data goes and it moves to downloaded (BR-05).
 */
export class Cacher implements Startable {
  readonly name = 'cacher';
  readonly #c: ReceiverComponents;
  readonly #config: () => Config;
  readonly #admission: Admission;
  readonly #queue: QueueRunner<ReceivingState>;
  readonly #attempts: Attempts<ReceivingState>;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #lock = new KeyedLock();

  constructor(components: ReceiverComponents, config: () => Config) {
    this.#c = components;
    this.#config = config;
    const transferPath = () => config().transferpath;
    this.#admission = new Admission(components, { needsFull: false, transferPath, packagePath: task => task.name });
    this.#attempts = new Attempts(components, { state: 'downloading', suffix: '.err' }, config);
    this.#queue = new QueueRunner(components, {
      from: 'queues',
      to: 'downloading',
      limit: () => config().downloadingnum,
      run: (name, signal) => this.#attempts.run(name, signal, () => this.#cache(name, signal)),
    });
  }

  start(): Promise<void> {
    return this.#queue.start();
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  /** Queues a task. `reactive` on a running one starts it anew, which extends its seed time (BR-06). */
  async recv(path: string, reactive: boolean): Promise<string> {
    const { name, task } = await this.#admission.read(path);
    return await this.#lock.run(name, async () => {
      const { store } = this.#c;
      const isRunning = (await store.find(name)) === 'downloading';
      if (isRunning && reactive) {
        await this.#queue.cancel(name, () => this.#c.records.renewServing(name, task));
        await store.move(name, 'downloading', 'queues');
        return `reactive cacher bt seeding with taskfile:${name}`;
      }
      const before = await this.#admission.refuseRunning(name);
      if (task.btlist.length === 0) throw new BftError('SIZES_DIFFER', 'total files size equal 0');
      const item = await this.#admission.item(name, task);
      await cleanUp(item);
      await this.#admission.enqueue(name, task, path, before);
      return before ? 'same name task downloaded, to download again.' : 'succeed!';
    });
  }

  async progress(name: string): Promise<CacheProgress> {
    const { store, transports } = this.#c;
    const found = await store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { task } = found;
    const item = await this.#admission.item(name, task);
    const ledger = this.#ledgers.get(name);
    return {
      isServing: (await transports.bt.status(item)).state === 'available',
      directory: item.stagingRoot('bt'),
      error: this.#attempts.failure(name),
      total: task.btlistsize,
      ledger,
    };
  }

  cancel(name: string): Promise<boolean> {
    return this.#lock.run(name, async () => {
      const { store, records } = this.#c;
      const state = await store.find(name);
      if (state !== 'queues' && state !== 'downloading') return false;
      const task = await store.read(state, name).catch(() => undefined);
      await this.#queue.cancel(name, async () => {
        const now = await store.find(name);
        if (now) await store.remove(now, name);
      });
      if (task) await cleanUp(this.#admission.bareItem(name, task));
      await this.#attempts.forget(name);
      await records.forget(name);
      return true;
    });
  }

  async #cache(name: string, signal: AbortSignal): Promise<void> {
    const { store, records, clock, transports } = this.#c;
    const task = await store.read('downloading', name);
    checkTask(task, store.path('downloading', name));
    const item = await this.#admission.item(name, task, signal);
    try {
      await this.#fetch(item, task, signal);
      const since = await records.servingSince(name, task, clock.now());
      await sleepUntilOver(clock, since, seedHours(task, this.#config().defaultseedtime), signal);
    } finally {
      await transports.bt.withdraw(item);
      this.#ledgers.delete(name);
    }
    await store.move(name, 'downloading', 'downloaded', { ...task, finishedtime: formatLocalTime(clock.now()) });
    await cleanUp(item);
  }

  async #fetch(item: TransferItem, task: TaskFile, signal: AbortSignal): Promise<void> {
    const { records, clock, transports } = this.#c;
    const locate = (file: string, method: Method) => item.stagingPath(method, file);
    const ledger = await Ledger.open(records.directory(item.name, task), clock, locate);
    this.#ledgers.set(item.name, ledger);
    await transports.bt.fetch(
      item,
      item.files('bt').map(file => item.manifest.extent(file)),
      ledger,
      signal,
    );
  }
}
