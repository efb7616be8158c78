import type { Config } from '../config/schema.ts';
import { BftError } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { formatLocalTime } from '../core/units.ts';
import { checkTaskFileName } from '../task/names.ts';
import { seedHours, type TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Ledger } from '../transfer/ledger.ts';
import { FinishedTasks } from './finished-tasks.ts';
import { Intake, type IntakeComponents } from './intake.ts';
import { sleepUntilOver } from './serving.ts';

export interface CacheProgress {
  readonly isServing: boolean;
  /** Directory that is served. */
  readonly directory: string;
  readonly error: BftError | undefined;
  readonly total: number;
  readonly ledger: Ledger | undefined;
}

/**
 * The edge: takes the bt share and serves it on from the transfer directory at the same time. The task stays in downloading while it serves; when
 * the seed time is over it moves to downloaded and its data goes (BR-05).
 */
export class Cacher implements Startable {
  readonly name = 'cacher';
  readonly #c: IntakeComponents;
  readonly #config: () => Config;
  readonly #intake: Intake;
  readonly #finished: FinishedTasks;

  constructor(components: IntakeComponents, config: () => Config) {
    this.#c = components;
    this.#config = config;
    const run = (item: TransferItem, signal: AbortSignal, release: () => void) => this.#cache(item, signal, release);
    // A cacher has no storage: the package's place only tells packages apart.
    this.#intake = new Intake(components, config, {
      needsFull: false,
      packagePath: task => `${task.basesubdir}/${task.name}`,
      // A cacher does not avoid repeats (BR-05).
      plan: task => Promise.resolve(task),
      run,
    });
    this.#finished = new FinishedTasks(
      { ...components, intake: this.#intake },
      { seedHours: () => 0, historyAfter: () => config().historyafter },
    );
  }

  async start(): Promise<void> {
    await this.#finished.start();
    await this.#intake.start();
  }

  async stop(): Promise<void> {
    await this.#intake.stop();
    await this.#finished.stop();
  }

  /** Queues a task. `reactive` on a running one starts it anew, which extends its seed time (BR-06). */
  async recv(path: string, reactive: boolean): Promise<string> {
    const { name, task } = await this.#intake.read(path);
    return await this.#intake.lock.run(name, async () => {
      if (reactive && (await this.#c.store.find(name)) === 'downloading') {
        await this.#intake.restart(name, () => this.#c.records.renewServing(name, task));
        return `reactive cacher bt seeding with taskfile:${name}`;
      }
      if (task.btlist.length === 0) throw new BftError('SIZES_DIFFER', 'total files size equal 0');
      const before = await this.#intake.refuseRunning(name);
      await this.#intake.item(name, task);
      await this.#finished.release(name);
      await this.#intake.enqueue({ name, path, sent: task, task, before });
      const isAgain = before === 'downloaded' || before === 'history';
      return isAgain ? 'same name task downloaded, to download again.' : 'succeed!';
    });
  }

  async progress(name: string): Promise<CacheProgress> {
    const found = await this.#c.store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
    return {
      isServing: state === 'downloading' && task !== undefined && (await this.#isServing(name, task)),
      directory: task ? this.#intake.bareItem(name, task).stagingRoot('bt') : '',
      error: this.#intake.failure(name),
      total: task?.btlistsize ?? 0,
      ledger: this.#intake.ledgerOf(name),
    };
  }

  /** What the task has transferred since the daemon started. */
  ledgerOf(name: string): Ledger | undefined {
    return this.#intake.ledgerOf(name);
  }

  /** Decision 14. */
  cancel(name: string): Promise<boolean> {
    return this.#intake.cancel(name);
  }

  async #isServing(name: string, task: TaskFile): Promise<boolean> {
    const { state } = await this.#c.transports.bt.status(await this.#intake.item(name, task));
    return state === 'available';
  }

  async #cache(item: TransferItem, signal: AbortSignal, release: () => void): Promise<void> {
    const { store, records, clock, transports } = this.#c;
    const { name, task } = item;
    try {
      const ledger = await this.#intake.ledger(item);
      const extents = item.files('bt').map(file => item.manifest.extent(file));
      await transports.bt.fetch(item, extents, ledger, signal);
      // It stays in downloading for days while it serves; the next one may be fetched meanwhile (BR-44).
      release();
      const since = await records.servingSince(name, task, clock.now());
      await sleepUntilOver(clock, since, seedHours(task, this.#config().defaultseedtime), signal);
    } finally {
      await transports.bt.withdraw(item);
    }
    await store.move(name, 'downloading', 'downloaded', { ...task, finishedtime: formatLocalTime(clock.now()) });
    this.#intake.dropLedger(name);
    this.#finished.add(name);
  }
}
