import type { Config } from '../config/schema.ts';
import { asBftError, BftError } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { METHODS, type Method } from '../core/method.ts';
import { formatLocalTime } from '../core/units.ts';
import type { ReceivingState } from '../queue/states.ts';
import { checkTask } from '../task/check.ts';
import { checkTaskFileName } from '../task/names.ts';
import type { TaskFile } from '../task/task-file.ts';
import { assemble, cleanUp, isAssembling } from '../transfer/assemble.ts';
import { finalCheck } from '../transfer/final-check.ts';
import type { TransferItem } from '../transfer/item.ts';
import { Ledger } from '../transfer/ledger.ts';
import { Admission, type AdmissionComponents } from './admission.ts';
import { Attempts } from './attempts.ts';
import { QueueRunner } from './queue-runner.ts';
import { RunningTasks } from './running-tasks.ts';
import { sleepUntilOver, type Transports, withdrawAll } from './serving.ts';

const CHECK_ROUNDS = 3;

export interface ReceiverComponents extends AdmissionComponents {
  /** With retry. */
  readonly transports: Transports;
  readonly log: Logger;
}

/** How far a received task is. */
export interface DownloadProgress {
  readonly path: string;
  readonly state: ReceivingState | 'downloaderror';
  readonly task: TaskFile;
  readonly packagePath: string;
  /** What is being transferred right now; undefined before and after. */
  readonly ledger: Ledger | undefined;
  readonly error: BftError | undefined;
}

/** The cinema end: queues → downloading (fetch, verify, assemble) → downloaded → history. Sender nodes receive like this too (BR-04). */
export class Receiver implements Startable {
  readonly name = 'receiver';
  readonly #c: ReceiverComponents;
  readonly #config: () => Config;
  readonly #admission: Admission;
  readonly #queue: QueueRunner<ReceivingState>;
  readonly #attempts: Attempts<ReceivingState>;
  readonly #ageing: RunningTasks;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #lock = new KeyedLock();

  constructor(components: ReceiverComponents, config: () => Config, packagePath: (task: TaskFile) => string) {
    this.#c = components;
    this.#config = config;
    const transferPath = () => config().transferpath;
    this.#admission = new Admission(components, { needsFull: true, transferPath, packagePath });
    this.#ageing = new RunningTasks(components.log);
    this.#attempts = new Attempts(components, { state: 'downloading', suffix: '.err' }, config);
    this.#queue = new QueueRunner(components, {
      from: 'queues',
      to: 'downloading',
      limit: () => config().downloadingnum,
      run: (name, signal) => this.#attempts.run(name, signal, () => this.#receive(name, signal)),
    });
  }

  async start(): Promise<void> {
    for (const name of await this.#c.store.list('downloaded')) {
      await cleanUp(this.#admission.bareItem(name, await this.#c.store.read('downloaded', name)));
      this.#age(name);
    }
    await this.#queue.start();
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#ageing.stopAll();
  }

  /** Queues a task for receiving; resolves with the protocol's success text (BR rows). */
  async recv(path: string): Promise<string> {
    const { name, task } = await this.#admission.read(path);
    return await this.#lock.run(name, async () => {
      const before = await this.#admission.refuseRunning(name);
      const item = await this.#admission.item(name, task);
      await this.#ageing.stop(name);
      this.#ledgers.delete(name);
      await cleanUp(item);
      await this.#admission.enqueue(name, task, path, before);
      return before ? 'same name task downloaded, to download again.' : 'succeed!';
    });
  }

  async progress(name: string): Promise<DownloadProgress> {
    const { store } = this.#c;
    const found = await store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
    const failure = this.#attempts.failure(name);
    const ledger = this.#ledgers.get(name);
    return {
      path: store.path(state, name),
      state: failure && state === 'downloading' ? 'downloaderror' : state,
      task,
      packagePath: this.#admission.bareItem(name, task).packagePath,
      ledger,
      error: failure ?? ledger?.trouble,
    };
  }

  /** Stops a task that waits or runs and removes its partial data (decision 14); finished packages are never touched. False when there is none. */
  cancel(name: string): Promise<boolean> {
    return this.#lock.run(name, async () => {
      const { store, records, transports } = this.#c;
      const state = await store.find(name);
      if (state !== 'queues' && state !== 'downloading') return false;
      const task = await store.read(state, name).catch(() => undefined);
      await this.#queue.cancel(name, async () => {
        const now = await store.find(name);
        if (now) await store.remove(now, name);
      });
      if (task) {
        const item = this.#admission.bareItem(name, task);
        await withdrawAll(transports, item);
        await cleanUp(item);
      }
      this.#ledgers.delete(name);
      await this.#attempts.forget(name);
      await records.forget(name);
      return true;
    });
  }

  async #receive(name: string, signal: AbortSignal): Promise<void> {
    const { store, clock, transports } = this.#c;
    const task = await store.read('downloading', name);
    checkTask(task, store.path('downloading', name));
    const item = await this.#admission.item(name, task, signal);
    if (!(await isAssembling(item))) {
      try {
        await this.#fetchVerified(item, signal);
      } finally {
        await withdrawAll(transports, item);
      }
    }
    signal.throwIfAborted();
    await assemble(item);
    await store.move(name, 'downloading', 'downloaded', { ...task, finishedtime: formatLocalTime(clock.now()) });
    await cleanUp(item);
    this.#age(name);
  }

  /** Fetches all shares at once until everything is there and right; what the last check finds wrong is fetched again. */
  async #fetchVerified(item: TransferItem, signal: AbortSignal): Promise<void> {
    const { records, clock, transports, log } = this.#c;
    const locate = (file: string, method: Method) => item.stagingPath(method, file);
    const ledger =
      this.#ledgers.get(item.name) ?? (await Ledger.open(records.directory(item.name, item.task), clock, locate));
    this.#ledgers.set(item.name, ledger);
    try {
      for (let round = 1; ; round++) {
        await this.#fetchAll(item, ledger, signal);
        const wrong = await finalCheck(item, ledger, signal);
        if (wrong.length === 0) return;
        log.error({ task: item.name, files: wrong, code: 'VERIFY_FAILED' }, 'wrong files are fetched again');
        await transports.bt.withdraw(item);
        await ledger.revoke(wrong);
        if (round === CHECK_ROUNDS)
          throw new BftError('VERIFY_FAILED', `${item.name}: ${wrong.join(', ')} came wrong ${round} times`);
      }
    } finally {
      await ledger.flush();
    }
  }

  /** One method's failure does not stop the others: what they bring is kept. */
  async #fetchAll(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(
      METHODS.map(method => {
        const missing = item.files(method).filter(file => !ledger.isFinished(file));
        const extents = missing.map(file => item.manifest.extent(file));
        return this.#c.transports[method].fetch(item, extents, ledger, signal);
      }),
    );
    signal.throwIfAborted();
    const failed = results.find(result => result.status === 'rejected');
    if (failed) throw asBftError(failed.reason, 'INTERNAL', item.name);
    await ledger.flush();
  }

  /** downloaded → history (decision 13). */
  #age(name: string): void {
    const { store, clock } = this.#c;
    this.#ageing.start(name, async signal => {
      const { finishedtime } = await store.read('downloaded', name);
      const finished = Date.parse((finishedtime ?? '').replace(' ', 'T'));
      const since = Number.isNaN(finished) ? clock.now() : finished;
      await sleepUntilOver(clock, since, this.#config().historyafter, signal);
      await store.move(name, 'downloaded', 'history');
      this.#ledgers.delete(name);
    });
  }
}
