import { basename, dirname, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Logger } from '../core/log.ts';
import { formatLocalTime } from '../core/units.ts';
import { writeDurable } from '../disk/durable.ts';
import type { ReceivingState } from '../queue/states.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import { putBack } from '../task/avoid-repeat.ts';
import { checkTask, checkTaskNames } from '../task/check.ts';
import { checkTaskFileName, taskFileName } from '../task/names.ts';
import { parseTaskFile, serializeTaskFile, type TaskFile } from '../task/task-file.ts';
import { checkTimetables } from '../task/task-timetable.ts';
import { TransferItem } from '../transfer/item.ts';
import type { Room } from '../transfer/room.ts';
import type { Activity } from './activity.ts';
import { Attempts } from './attempts.ts';
import { Claims } from './claims.ts';
import { IntakeControl } from './intake-control.ts';
import { IntakeRemoval } from './intake-removal.ts';
import { OpenLedgers } from './open-ledgers.ts';
import type { PausedTasks } from './paused-tasks.ts';
import { QueueRunner } from './queue-runner.ts';
import type { Transports } from './serving.ts';
import type { TaskRecords } from './task-records.ts';
import type { TorrentShelf } from './torrent-shelf.ts';

const FETCH_TORRENTS_MS = 60_000;

export interface IntakeComponents {
  readonly store: TaskStore<ReceivingState>;
  readonly records: TaskRecords;
  readonly paused: PausedTasks<ReceivingState>;
  readonly shelf: TorrentShelf;
  /** With retry. */
  readonly transports: Transports;
  readonly room: Room;
  /** Throws when this node must not receive the task. */
  readonly refuse?: (task: TaskFile) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IntakeRules {
  /** False: the full torrent is not needed but for n:0:0 (cacher). */
  readonly needsFull: boolean;
  readonly packagePath: (task: TaskFile) => string;
  /** What of the task is to be fetched: the rest is here already. */
  readonly plan: (task: TaskFile) => Promise<TaskFile>;
  /** Does the work of a task in `downloading`; it leaves that state by itself. `release` frees its place among `downloadingnum`. */
  readonly run: (item: TransferItem, signal: AbortSignal, release: () => void) => Promise<void>;
}

/** A task that asks to be received, with the state it already is in, if it ended there. */
export interface Applicant {
  readonly name: string;
  readonly path: string;
  /** As it came. */
  readonly sent: TaskFile;
  /** As it was admitted. */
  readonly task: TaskFile;
  readonly before: ReceivingState | undefined;
}

/** What receivers and cachers share: checking tasks in the order of BR-40, the queue, tries, ledgers, cancel. */
export class Intake {
  readonly lock = new KeyedLock();
  readonly ledgers: OpenLedgers;
  readonly control: IntakeControl;
  readonly removal: IntakeRemoval;
  readonly #c: IntakeComponents;
  readonly #config: () => Config;
  readonly #rules: IntakeRules;
  readonly #queue: QueueRunner<ReceivingState>;
  readonly #attempts: Attempts<ReceivingState>;
  readonly #claims: Claims;
  /** What is being worked on. */
  readonly #items = new Map<string, TransferItem>();

  constructor(components: IntakeComponents, config: () => Config, rules: IntakeRules) {
    this.#c = components;
    this.#config = config;
    this.#rules = rules;
    this.ledgers = new OpenLedgers(components);
    this.#claims = new Claims(components.store);
    this.#attempts = new Attempts(components, { state: 'downloading', suffix: '.err' }, config);
    this.#queue = new QueueRunner(components, {
      from: 'queues',
      to: 'downloading',
      limit: () => config().downloadingnum,
      onTake: async name => await components.records.renewServing(name, await components.store.read('queues', name)),
      run: (name, signal, release) => {
        const progress = () => this.ledgers.get(name)?.verifiedBytes ?? 0;
        return this.#attempts.run(name, signal, () => this.#run(name, signal, release), progress);
      },
      isHeld: name => components.paused.has(name),
      onHeld: (name, signal) => this.control.openPaused(name, signal),
    });
    const item = (name: string, task: TaskFile, signal: AbortSignal) => this.item(name, task, signal);
    const shared = {
      ...components,
      queue: this.#queue,
      attempts: this.#attempts,
      lock: this.lock,
      ledgers: this.ledgers,
    };
    this.control = new IntakeControl({ ...shared, item });
    this.removal = new IntakeRemoval({
      ...shared,
      bareItem: (name, task) => this.bareItem(name, task),
      cleanUp: item => this.cleanUp(item),
    });
  }

  start(): Promise<void> {
    return this.#queue.start();
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  /** Reads and checks a task file from any path (BR-21, BR-22). */
  async read(path: string): Promise<{ name: string; task: TaskFile }> {
    const task = await readTaskFile(path);
    const name = checkTaskFileName(basename(path));
    await this.#check(task, path);
    return { name, task };
  }

  /** Reads and checks a task file given as text. Its name follows from what it is a task of. */
  async parse(text: string): Promise<{ name: string; task: TaskFile }> {
    const task = parseTaskFile(text);
    const name = checkTaskFileName(taskFileName(task.basesubdir, task.name));
    await this.#check(task, name);
    return { name, task };
  }

  /** What holds for a task however it came: sizes, names, and what this node may receive. Requests cannot be received yet (decision 18). */
  async #check(task: TaskFile, path: string): Promise<void> {
    checkTask(task, path);
    if (task.sourcetype === 'request') {
      throw new BftError('TASK_FILE_INVALID', `${path} is a request; only tasks of a sender can be received`);
    }
    await this.#c.refuse?.(task);
  }

  /** The item of a checked task as it will be received: its torrents are there, and what is here already is taken out (BR-40 … BR-42). */
  async admit(name: string, sent: TaskFile, signal?: AbortSignal): Promise<TransferItem> {
    const item = await this.item(name, sent, signal);
    const whole = putBack(sent, sent.localsamefiles ?? [], item.inTorrent);
    checkTimetables(whole, name);
    const task = await this.#rules.plan(whole);
    return item.withTask({ ...task, receivetime: formatLocalTime(this.#c.clock.now()), finishedtime: '' });
  }

  /**
   * Refuses a task that waits or runs (BR-24, BR-25), also a paused one. One that has used up its tries may come anew (decision 15). Resolves with
   * the state that the task is in.
   */
  async refuseRunning(name: string): Promise<ReceivingState | undefined> {
    const { store, paused } = this.#c;
    const state = await store.find(name);
    const isAtWork = this.#queue.isRunning(name) || (paused.has(name) && !this.hasGivenUp(name));
    if (state === 'queues' || (state === 'downloading' && isAtWork)) {
      throw new BftError('TASK_EXISTS', `same taskfile in ${state}:${store.path(state, name)}`);
    }
    return state;
  }

  /** Puts a checked task into the queue, from wherever it was; a copy stays in tmp (BR-01, BR-27). What an earlier transfer left is removed. */
  async enqueue({ name, path, sent, task, before }: Applicant): Promise<void> {
    const { store } = this.#c;
    await this.ledgers.drop(name);
    await this.#attempts.forget(name);
    await this.#c.paused.remove(name);
    await this.#c.records.keepOnly(name, task);
    const item = this.bareItem(name, task);
    await this.#claims.take(item);
    await this.#claims.cleanUp(item);
    await this.#claims.take(item);
    await this.#keepCopy(name, path, sent);
    if (before) await store.move(name, before, 'queues', task);
    else await store.submit('queues', name, task);
  }

  /** The item of a task, with its torrents; they are fetched unless they were kept (BR-31 … BR-34). */
  async item(name: string, task: TaskFile, signal = AbortSignal.timeout(FETCH_TORRENTS_MS)): Promise<TransferItem> {
    checkTaskNames(task);
    const directory = this.#c.records.directory(name, task);
    const torrents = await this.#c.shelf.bring(task, directory, this.#rules.needsFull, signal);
    return new TransferItem(name, task, this.#paths(task), torrents);
  }

  /** The item without its torrents: enough to know its paths. Throws NAME_UNSAFE before any of them is made. */
  bareItem(name: string, task: TaskFile): TransferItem {
    checkTaskNames(task);
    return new TransferItem(name, task, this.#paths(task), { full: undefined, tmp: undefined });
  }

  /** Removes the working data of a task, unless it has become another's. */
  cleanUp(item: TransferItem): Promise<void> {
    return this.#claims.cleanUp(item);
  }

  /** The failure after which a task waits for its next try or has given up. */
  failure(name: string): BftError | undefined {
    return this.#attempts.failure(name);
  }

  /** It failed, and nothing is tried any more until it comes anew or the daemon restarts (decision 15). */
  hasGivenUp(name: string): boolean {
    return this.#attempts.hasGivenUp(name) && !this.#queue.isRunning(name);
  }

  /** What goes on with a task that downloads. */
  activity(name: string, isPlacing = false): Activity {
    return {
      failure: this.failure(name),
      hasGivenUp: this.hasGivenUp(name),
      nextTry: this.#attempts.nextTry(name),
      isWaiting: this.#queue.isWaiting(name),
      item: this.#items.get(name),
      isPlacing,
    };
  }

  /** Whether the task is received within `ms`. */
  async isReceivedWithin(name: string, ms: number): Promise<boolean> {
    const { store, clock } = this.#c;
    const waiting = new AbortController();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onChange = () =>
      void store.find(name).then(
        state => state !== 'queues' && state !== 'downloading' && resolve(state !== undefined),
        // It is looked at again at the next change.
        () => {},
      );
    store.on('changed', onChange);
    onChange();
    try {
      return await Promise.race([promise, clock.sleep(ms, waiting.signal).then(() => false)]);
    } finally {
      waiting.abort();
      store.off('changed', onChange);
    }
  }

  /** Stops a task's work and goes on with it from the queue, as a task file that came anew; false when it ended in that very moment. */
  async restart(name: string, task: TaskFile): Promise<boolean> {
    let isRestarted = false;
    await this.#queue.cancel(name, async () => {
      if ((await this.#c.store.find(name)) !== 'downloading') return;
      await this.#attempts.forget(name);
      await this.#c.paused.remove(name);
      await this.#c.store.move(name, 'downloading', 'queues', task);
      isRestarted = true;
    });
    return isRestarted;
  }

  /** Stops a task's work for `replace`; it goes on if that fails and the task is still there. */
  async replace<T>(name: string, replace: () => Promise<T>): Promise<T> {
    await this.#queue.cancel(name, () => Promise.resolve());
    try {
      return await replace();
    } catch (error) {
      await this.removal.goOn(name);
      throw error;
    }
  }

  async #run(name: string, signal: AbortSignal, release: () => void): Promise<void> {
    const { store } = this.#c;
    const task = await store.read('downloading', name);
    await this.#check(task, store.path('downloading', name));
    // What came into the queue by hand was not admitted by recv.
    const isByHand = !task.receivetime;
    const item = isByHand ? await this.admit(name, task, signal) : await this.item(name, task, signal);
    await this.#claims.take(item);
    if (isByHand) await store.write('downloading', name, item.task);
    this.#items.set(name, item);
    try {
      await this.#rules.run(item, signal, release);
    } finally {
      this.#items.delete(name);
    }
  }

  async #keepCopy(name: string, path: string, task: TaskFile): Promise<void> {
    const tmp = join(this.#c.store.root, 'tmp');
    if (dirname(path) === tmp) return;
    await writeDurable(join(tmp, name), serializeTaskFile(task), 0o600).catch((cause: unknown) => {
      throw new BftError('DISK_WRITE', `move json file to ${tmp} erro`, { cause });
    });
  }

  #paths(task: TaskFile): { packagePath: string; transferPath: string } {
    return { packagePath: this.#rules.packagePath(task), transferPath: this.#config().transferpath };
  }
}
