import type { Config } from '../config/schema.ts';
import { asBftError, BftError } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { METHODS } from '../core/method.ts';
import { formatLocalTime } from '../core/units.ts';
import type { ReceivingState } from '../queue/states.ts';
import { checkTaskFileName } from '../task/names.ts';
import type { TaskFile } from '../task/task-file.ts';
import { assemble, isAssembling } from '../transfer/assemble.ts';
import { finalCheck } from '../transfer/final-check.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Ledger } from '../transfer/ledger.ts';
import { Intake, type IntakeComponents } from './intake.ts';
import { RunningTasks } from './running-tasks.ts';
import { sleepUntilOver, withdrawAll } from './serving.ts';

const CHECK_ROUNDS = 3;

/** How far a received task is. */
export interface DownloadProgress {
  readonly path: string;
  readonly state: ReceivingState | 'downloaderror';
  readonly task: TaskFile;
  readonly packagePath: string;
  /** What is being transferred, or was since the daemon started. */
  readonly ledger: Ledger | undefined;
  readonly error: BftError | undefined;
}

/** The cinema end: queues → downloading (fetch, verify, assemble) → downloaded → history. Sender nodes receive like this too (BR-04). */
export class Receiver implements Startable {
  readonly name = 'receiver';
  readonly #c: IntakeComponents;
  readonly #config: () => Config;
  readonly #intake: Intake;
  readonly #ageing: RunningTasks;

  constructor(components: IntakeComponents, config: () => Config, packagePath: (task: TaskFile) => string) {
    this.#c = components;
    this.#config = config;
    this.#ageing = new RunningTasks(components.log);
    const run = (item: TransferItem, signal: AbortSignal) => this.#receive(item, signal);
    this.#intake = new Intake(components, config, { needsFull: true, packagePath, run });
  }

  async start(): Promise<void> {
    for (const name of await this.#c.store.list('downloaded')) this.#age(name);
    await this.#intake.start();
  }

  async stop(): Promise<void> {
    await this.#intake.stop();
    await this.#ageing.stopAll();
  }

  /** Queues a task for receiving; resolves with the protocol's success text (BR rows). */
  async recv(path: string): Promise<string> {
    const { name, task } = await this.#intake.read(path);
    return await this.#intake.lock.run(name, async () => {
      await this.#intake.refuseRunning(name);
      await this.#intake.item(name, task);
      await this.#ageing.stop(name);
      const before = await this.#intake.refuseRunning(name);
      await this.#intake.enqueue({ name, path, task, before });
      const isAgain = before === 'downloaded' || before === 'history';
      return isAgain ? 'same name task downloaded, to download again.' : 'succeed!';
    });
  }

  async progress(name: string): Promise<DownloadProgress> {
    const { store } = this.#c;
    const found = await store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
    const failure = this.#intake.failure(name);
    const ledger = this.#intake.ledgerOf(name);
    return {
      path: store.path(state, name),
      state: failure && state === 'downloading' ? 'downloaderror' : state,
      task,
      packagePath: this.#intake.bareItem(name, task).packagePath,
      ledger,
      error: failure ?? ledger?.trouble,
    };
  }

  /** Decision 14. */
  cancel(name: string): Promise<boolean> {
    return this.#intake.cancel(name);
  }

  async #receive(item: TransferItem, signal: AbortSignal): Promise<void> {
    const { store, clock, transports } = this.#c;
    if (!(await isAssembling(item))) {
      try {
        await this.#fetchVerified(item, signal);
      } finally {
        await withdrawAll(transports, item);
      }
    }
    signal.throwIfAborted();
    await this.#assemble(item);
    const finished = { ...item.task, finishedtime: formatLocalTime(clock.now()) };
    await store.move(item.name, 'downloading', 'downloaded', finished);
    await this.#intake.cleanUp(item);
    this.#age(item.name);
  }

  /** Should a verified file have been taken away by somebody, everything begins anew at the next try. */
  async #assemble(item: TransferItem): Promise<void> {
    try {
      await assemble(item);
    } catch (error) {
      if (error instanceof BftError && error.code === 'VERIFY_FAILED') {
        this.#intake.dropLedger(item.name);
        await this.#intake.cleanUp(item);
      }
      throw error;
    }
  }

  /** Fetches all shares at once until everything is there and right; what the last check finds wrong is fetched again. */
  async #fetchVerified(item: TransferItem, signal: AbortSignal): Promise<void> {
    const { transports, log } = this.#c;
    const ledger = await this.#intake.ledger(item);
    for (let round = 1; ; round++) {
      await this.#fetchAll(item, ledger, signal);
      const wrong = await finalCheck(item, ledger, signal);
      if (wrong.length === 0) return;
      log.error({ task: item.name, files: wrong, code: 'VERIFY_FAILED' }, 'wrong files are fetched again');
      await transports.bt.withdraw(item);
      await ledger.revoke(wrong);
      if (round === CHECK_ROUNDS) {
        throw new BftError('VERIFY_FAILED', `${item.name}: ${wrong.join(', ')} came wrong ${round} times`);
      }
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
    await ledger.flush();
    signal.throwIfAborted();
    const failed = results.find(result => result.status === 'rejected');
    if (failed) throw asBftError(failed.reason, 'INTERNAL', item.name);
    const lost = item.task.filelist.filter(({ file }) => !ledger.isFinished(file));
    if (lost.length > 0) {
      throw new BftError(
        'DISK_WRITE',
        `${item.name}: ${lost[0]?.file} and ${lost.length - 1} more could not be made durable`,
      );
    }
  }

  /** What a finished task leaves behind goes at once, the task itself to history in time (decision 13). */
  #age(name: string): void {
    const { store, clock } = this.#c;
    this.#ageing.start(name, async signal => {
      const task = await store.read('downloaded', name);
      await this.#intake.cleanUp(this.#intake.bareItem(name, task));
      const finished = Date.parse((task.finishedtime ?? '').replace(' ', 'T'));
      const since = Number.isNaN(finished) ? clock.now() : finished;
      await sleepUntilOver(clock, since, this.#config().historyafter, signal);
      await store.move(name, 'downloaded', 'history');
      this.#intake.dropLedger(name);
    });
  }
}
