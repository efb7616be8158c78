import { basename, dirname, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { asBftError, BftError } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import type { Method } from '../core/method.ts';
import { formatLocalTime } from '../core/units.ts';
import { writeDurable } from '../disk/durable.ts';
import type { SendingState } from '../queue/states.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import { checkTask } from '../task/check.ts';
import { taskIdentity } from '../task/identity.ts';
import { checkTaskFileName } from '../task/names.ts';
import { serializeTaskFile, type TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { PublishState } from '../transfer/transport.ts';
import type { Activity } from './activity.ts';
import { Attempts } from './attempts.ts';
import type { BucketPackages } from './bucket-packages.ts';
import { comesFromBucket } from './obs-keys.ts';
import type { PausedTasks } from './paused-tasks.ts';
import { PublishedTask } from './published-task.ts';
import { QueueRunner } from './queue-runner.ts';
import { ServedTasks } from './served-tasks.ts';
import { SentItems } from './sent-items.ts';
import { SentControl } from './sent-control.ts';
import { SentSource } from './sent-source.ts';
import { publishedMethods, type Transports, withdrawAll } from './serving.ts';
import type { TaskRecords } from './task-records.ts';

const WAITING: PublishState = { state: 'unavailable', reason: 'the task waits in queues' };
const PAUSED: PublishState = { state: 'unavailable', reason: 'the task is paused by an operator' };

export interface SenderComponents {
  readonly store: TaskStore<SendingState>;
  readonly records: TaskRecords;
  readonly paused: PausedTasks<SendingState>;
  /** With retry. */
  readonly transports: Transports;
  readonly packages: BucketPackages;
  /** Removes what is half uploaded of a task that ends or is another one now. Never throws. */
  readonly discardUpload: (item: TransferItem) => Promise<void>;
  /** Throws when this node must not send the task. */
  readonly refuse: (task: TaskFile) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How far a sent task is, per method (BU rows). */
export interface UploadProgress {
  readonly path: string;
  readonly state: SendingState | 'error';
  readonly error: BftError | undefined;
  readonly isPaused: boolean;
  readonly methods: Readonly<Partial<Record<Method, PublishState>>>;
}

/** The distribution centre: queues → uploading (make the shares available) → uploaded (serve) → history (seed time over). */
export class Sender implements Startable {
  readonly name = 'sender';
  readonly control: SentControl;
  readonly #c: SenderComponents;
  readonly #config: () => Config;
  readonly #served: ServedTasks;
  readonly #queue: QueueRunner<SendingState>;
  readonly #attempts: Attempts<SendingState>;
  readonly #published: PublishedTask;
  readonly #source: SentSource;
  readonly #items: SentItems;
  readonly #lock = new KeyedLock();

  constructor(components: SenderComponents, config: () => Config) {
    this.#c = components;
    this.#config = config;
    this.#published = new PublishedTask(components, config);
    this.#source = new SentSource(components);
    this.#items = new SentItems(components.records, config);
    this.#served = new ServedTasks(
      {
        ...components,
        items: this.#items,
        published: this.#published,
        publish: (item, signal) => this.#publish(item, signal),
      },
      config,
    );
    this.#attempts = new Attempts(components, { state: 'uploading', suffix: '.bterr' }, config);
    this.#queue = new QueueRunner(components, {
      from: 'queues',
      to: 'uploading',
      limit: () => config().uploadingnum,
      onTake: async name => await components.records.renewServing(name, await components.store.read('queues', name)),
      run: (name, signal) => this.#attempts.run(name, signal, () => this.#upload(name, signal)),
      isHeld: name => components.paused.has(name),
    });
    this.control = new SentControl({
      ...components,
      queue: this.#queue,
      attempts: this.#attempts,
      served: this.#served,
      published: this.#published,
      lock: this.#lock,
    });
  }

  async start(): Promise<void> {
    await this.#served.start();
    await this.#queue.start();
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#served.stop();
  }

  /** Queues a task for sending; resolves with the protocol's success text (BS rows). */
  async send(path: string, reactive: boolean): Promise<string> {
    const task = await readTaskFile(path);
    const name = checkTaskFileName(basename(path));
    checkTask(task, path);
    return await this.#lock.run(name, () => this.#enter(name, path, task, reactive));
  }

  /**
   * Refuses a task that waits or is being uploaded (BS-14, BS-15), also a paused one. One that has used up its tries may be sent anew (decision 24).
   */
  async refuseRunning(name: string): Promise<SendingState | undefined> {
    const { store, paused } = this.#c;
    const state = await store.find(name);
    const isAtWork = this.#queue.isRunning(name) || (paused.has(name) && !this.#attempts.hasGivenUp(name));
    if (state === 'queues' || (state === 'uploading' && isAtWork)) {
      throw new BftError('TASK_EXISTS', `same taskfile in ${state}:${store.path(state, name)}`);
    }
    return state;
  }

  async #enter(name: string, path: string, task: TaskFile, reactive: boolean): Promise<string> {
    await this.refuseRunning(name);
    await this.#c.refuse(task);
    await this.#items.torrents(task);
    const wasServing = await this.#served.isSeeding(name);
    const torrent = basename(this.#items.sharedPath(task));
    if (!reactive && (wasServing || this.#c.paused.has(name))) {
      throw new BftError(
        'TASK_EXISTS',
        `exisited same name ct torrent bt process, send task failed: ${torrent} in ${name} `,
      );
    }
    await this.#copyToTmp(path, task);
    try {
      await this.#enqueue(name, task);
    } catch (cause) {
      if (!wasServing) throw cause;
      const { code } = asBftError(cause, 'DISK_WRITE', name);
      throw new BftError(code, `restart bt serving failed: ${torrent} in ${name} `, { cause });
    }
    return wasServing ? 'restarted same name bt process, succeed!' : 'succeeded!';
  }

  async #enqueue(name: string, task: TaskFile): Promise<void> {
    const { store } = this.#c;
    await this.#served.release(name);
    try {
      const state = await store.find(name);
      const earlier = state && (await store.read(state, name).catch(() => undefined));
      if (earlier && taskIdentity(earlier) !== taskIdentity(task)) await this.#discardUpload(name, earlier);
      await this.#published.removeTask(name, task);
      await this.#c.records.dropOtherObsKeys(name, task);
      await this.#attempts.forget(name);
      await this.#c.paused.remove(name);
      if (state) await store.move(name, state, 'queues', task);
      else await store.submit('queues', name, task);
    } catch (error) {
      if ((await store.find(name)) === 'uploaded') this.#served.add(name);
      throw error;
    }
  }

  async progress(name: string): Promise<UploadProgress> {
    const { store, transports } = this.#c;
    const found = await store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
    const path = store.path(state, name);
    const isPaused = this.#c.paused.has(name);
    // Somebody may still be writing it (decision 16).
    if (!task) return { path, state, error: undefined, isPaused, methods: { bt: WAITING, obs: WAITING, cdn: WAITING } };
    const methods: Partial<Record<Method, PublishState>> = {};
    let error = this.#attempts.failure(name) ?? this.#served.failure(name);
    try {
      const item = await this.#items.item(name, task);
      for (const method of publishedMethods(item, this.#config())) {
        // What waits is not asked for (BU-07); what was uploaded before it was paused must not be handed out.
        const resting = state === 'queues' ? WAITING : state === 'uploaded' && isPaused ? PAUSED : undefined;
        methods[method] = resting ?? (await transports[method].status(item));
      }
    } catch (cause) {
      // Without its torrents nobody can fetch the task.
      error ??= asBftError(cause, 'INTERNAL', name);
    }
    return { path, state: error && state !== 'history' ? 'error' : state, error, isPaused, methods };
  }

  /** What goes on with a task that is uploaded or served. */
  activity(name: string): Omit<Activity, 'item' | 'isPlacing'> {
    const failure = this.#attempts.failure(name);
    return {
      failure: failure ?? this.#served.failure(name),
      hasGivenUp: failure !== undefined && !this.#queue.isRunning(name),
      nextTry: this.#attempts.nextTry(name) ?? this.#served.nextTry(name),
      isWaiting: this.#queue.isWaiting(name),
    };
  }

  /** Stops and forgets a task that is waiting or being uploaded. False when there is none. A served one is ended too. */
  cancel(name: string): Promise<boolean> {
    return this.#lock.run(name, () => this.#cancel(name));
  }

  /** Ends a task in any state and takes it off the list; false when there is none. The package and its torrents stay. */
  remove(name: string): Promise<boolean> {
    const { store, records } = this.#c;
    return this.#lock.run(name, async () => {
      const found = await store.get(name).catch(() => undefined);
      const isEnded = (await this.#cancel(name)) || found?.state === 'history';
      if ((await store.find(name)) === 'history') await store.remove('history', name);
      if (found?.task) await records.forgetTask(name, found.task);
      return isEnded;
    });
  }

  async #cancel(name: string): Promise<boolean> {
    const { store, records } = this.#c;
    let isRemoved = false;
    await this.#queue.cancel(name, async () => {
      await this.#served.release(name);
      const state = await store.find(name);
      if (!state || state === 'history') return;
      // An unreadable task file is moved away by reading it, and had nothing published.
      const task = await store.read(state, name).catch(() => undefined);
      if (task) {
        await this.#published.remove(name, task);
        await this.#discardUpload(name, task);
      }
      await store.remove(state, name);
      if (task) await records.dropObsKeys(name, task);
      isRemoved = true;
    });
    if (!isRemoved) return false;
    await this.#attempts.forget(name);
    return true;
  }

  /** Keys that cannot be read must not keep a task from being cancelled. */
  async #discardUpload(name: string, task: TaskFile): Promise<void> {
    const item = await this.#items.bareItem(name, task).catch((error: unknown) => {
      this.#c.log.warn({ task: name, err: error }, 'what is half uploaded cannot be removed');
    });
    if (item) await this.#c.discardUpload(item);
  }

  async #upload(name: string, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#c;
    const task = await store.read('uploading', name);
    checkTask(task, store.path('uploading', name));
    await this.#c.refuse(task);
    const item = await this.#items.item(name, task);
    try {
      await this.#publish(item, signal);
    } catch (error) {
      await withdrawAll(this.#c.transports, item);
      throw error;
    }
    await store.move(name, 'uploading', 'uploaded', { ...task, sendtime: formatLocalTime(clock.now()) });
    this.#served.add(name, item);
  }

  async #publish(item: TransferItem, signal: AbortSignal): Promise<void> {
    if (comesFromBucket(this.#config(), item.task)) await this.#source.restore(item, signal);
    await this.#source.check(item);
    const results = await Promise.allSettled(
      publishedMethods(item, this.#config()).map(method => this.#c.transports[method].publish(item, signal)),
    );
    signal.throwIfAborted();
    const failed = results.find(result => result.status === 'rejected');
    if (failed) throw asBftError(failed.reason, 'INTERNAL', `publishing ${item.name}`);
  }

  async #copyToTmp(path: string, task: TaskFile): Promise<void> {
    const tmp = join(this.#c.store.root, 'tmp');
    if (dirname(path) === tmp) return;
    await writeDurable(join(tmp, basename(path)), serializeTaskFile(task), 0o600).catch((cause: unknown) => {
      throw new BftError('DISK_WRITE', `copy taskfile: ${path} error.`, { cause });
    });
  }
}
