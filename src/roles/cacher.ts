import type { Config } from '../config/schema.ts';
import { BftError } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { formatLocalTime } from '../core/units.ts';
import type { ReceivingState } from '../queue/states.ts';
import { taskIdentity } from '../task/identity.ts';
import { checkTaskFileName } from '../task/names.ts';
import { seedHours, type TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { Ledger } from '../transfer/ledger.ts';
import type { Activity } from './activity.ts';
import { FinishedTasks } from './finished-tasks.ts';
import { Intake, type IntakeComponents } from './intake.ts';
import type { IntakeControl } from './intake-control.ts';
import { RenewableEnds } from './renewable-ends.ts';
import { sleepUntilOver } from './serving.ts';

export interface CacheProgress {
  readonly isServing: boolean;
  /** Directory that is served. */
  readonly directory: string;
  readonly error: BftError | undefined;
  readonly isPaused: boolean;
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
  readonly #ends = new RenewableEnds();

  constructor(components: IntakeComponents, config: () => Config) {
    this.#c = components;
    this.#config = config;
    const run = (item: TransferItem, signal: AbortSignal, release: () => void) => this.#cache(item, signal, release);
    // A cacher has no storage: the package's place only tells packages apart.
    this.#intake = new Intake({ ...components, refuse: refuseShareless }, config, {
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

  /** Queues a task. `reactive` on a running one takes the new task file for it, and its seed time begins anew (BR-06). */
  async recv(path: string, reactive: boolean): Promise<string> {
    const { name, task } = await this.#intake.read(path);
    return await this.#recv(name, path, task, reactive);
  }

  /** Queues a task that was given as text. Resolves with its name and the protocol's success text. */
  async receive(text: string): Promise<{ name: string; desc: string }> {
    const { name, task } = await this.#intake.parse(text);
    return { name, desc: await this.#recv(name, name, task, false) };
  }

  async #recv(name: string, path: string, sent: TaskFile, reactive: boolean): Promise<string> {
    return await this.#intake.lock.run(name, async () => {
      const isReactive = reactive && (await this.#c.store.find(name)) === 'downloading';
      if (!isReactive) await this.#intake.refuseRunning(name);
      const { task } = await this.#intake.admit(name, sent);
      const isRenewed = isReactive && (await this.#renew(name, task));
      const enqueue = () => this.#enqueue(name, path, sent, task);
      const anew = () => (isReactive ? this.#intake.replace(name, enqueue) : enqueue());
      const before = isRenewed ? undefined : await anew();
      if (isReactive) return `reactive cacher bt seeding with taskfile:${name}`;
      const isAgain = before === 'downloaded' || before === 'history';
      return isAgain ? 'same name task downloaded, to download again.' : 'succeed!';
    });
  }

  /** What is served goes on being served; what is still fetched is fetched on from the queue. False when it must be received anew. */
  async #renew(name: string, task: TaskFile): Promise<boolean> {
    const { store, records } = this.#c;
    const stored = await store.get(name);
    if (!stored?.task || taskIdentity(stored.task) !== taskIdentity(task)) return false;
    const isRenewed = await this.#ends.renew(name, async () => {
      await store.write('downloading', name, task);
      await records.renewServing(name, task);
    });
    return isRenewed || (await this.#intake.restart(name, task));
  }

  async #enqueue(name: string, path: string, sent: TaskFile, task: TaskFile): Promise<ReceivingState | undefined> {
    return await this.#finished.release(name, async () => {
      const before = await this.#intake.refuseRunning(name);
      await this.#intake.enqueue({ name, path, sent, task, before });
      return before;
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
      isPaused: this.#c.paused.has(name),
      total: task?.btlistsize ?? 0,
      ledger: this.#intake.ledgers.get(name),
    };
  }

  /** What the task has transferred since the daemon started. */
  ledgerOf(name: string): Ledger | undefined {
    return this.#intake.ledgers.get(name);
  }

  /** Its tries are used up (decision 15). */
  hasGivenUp(name: string): boolean {
    return this.#intake.hasGivenUp(name);
  }

  /** What goes on with a task that downloads. */
  activity(name: string): Activity {
    return this.#intake.activity(name);
  }

  /** Decision 14. */
  cancel(name: string): Promise<boolean> {
    return this.#intake.removal.cancel(name);
  }

  get control(): IntakeControl {
    return this.#intake.control;
  }

  /** Ends a task in any state and takes it off the list. A cacher has no storage: there are no files beside the partial data. */
  async remove(name: string): Promise<void> {
    const also = () => Promise.resolve();
    await this.#intake.lock.run(name, async () => {
      const isRemoved = (await this.#intake.removal.remove(name, also)) || (await this.#finished.remove(name, also));
      if (!isRemoved) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    });
  }

  async #isServing(name: string, task: TaskFile): Promise<boolean> {
    const { state } = await this.#c.transports.bt.status(await this.#intake.item(name, task));
    return state === 'available';
  }

  async #cache(item: TransferItem, signal: AbortSignal, release: () => void): Promise<void> {
    const { store, clock, transports, room } = this.#c;
    const { name } = item;
    try {
      const ledger = await this.#intake.ledgers.open(item);
      const files = item.files('bt');
      const extents = files.map(file => item.manifest.extent(file));
      await room.during(item, files, ledger, signal, () => transports.bt.fetch(item, extents, ledger, signal));
      // It stays in downloading for days while it serves; the next one may be fetched meanwhile (BR-44).
      release();
      await this.#ends.wait(
        name,
        signal,
        until => this.#sleepUntilOver(name, until),
        async () => {
          await transports.bt.withdraw(item);
          const finishedtime = formatLocalTime(clock.now());
          await store.move(name, 'downloading', 'downloaded', {
            ...(await store.read('downloading', name)),
            finishedtime,
          });
        },
      );
    } finally {
      await transports.bt.withdraw(item);
      await this.#intake.ledgers.get(name)?.settle();
    }
    await this.#intake.ledgers.drop(name);
    this.#finished.add(name);
  }

  async #sleepUntilOver(name: string, signal: AbortSignal): Promise<void> {
    const { store, records, clock } = this.#c;
    const task = await store.read('downloading', name);
    const since = await records.servingSince(name, task, clock.now());
    await sleepUntilOver(clock, since, seedHours(task, this.#config().defaultseedtime), signal);
  }
}

/** A cacher takes the share of bt, nothing else (BR-05). */
function refuseShareless({ btlist }: TaskFile): Promise<void> {
  if (btlist.length > 0) return Promise.resolve();
  return Promise.reject(new BftError('SIZES_DIFFER', 'total files size equal 0'));
}
