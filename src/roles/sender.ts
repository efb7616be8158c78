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
import { checkTaskFileName } from '../task/names.ts';
import { seedHours, serializeTaskFile, type TaskFile } from '../task/task-file.ts';
import type { TransferItem } from '../transfer/item.ts';
import type { PublishState } from '../transfer/transport.ts';
import { Attempts } from './attempts.ts';
import type { BucketPackages } from './bucket-packages.ts';
import { comesFromBucket } from './obs-keys.ts';
import { Places } from './places.ts';
import { PublishedTask } from './published-task.ts';
import { QueueRunner } from './queue-runner.ts';
import { RunningTasks } from './running-tasks.ts';
import { SentItems } from './sent-items.ts';
import { SentSource } from './sent-source.ts';
import { hasEnded, sharedMethods, sleepUntilOver, type Transports, withdrawAll } from './serving.ts';
import type { TaskRecords } from './task-records.ts';

const WAITING: PublishState = { state: 'unavailable', reason: 'the task waits in queues' };

export interface SenderComponents {
  readonly store: TaskStore<SendingState>;
  readonly records: TaskRecords;
  /** With retry. */
  readonly transports: Transports;
  readonly packages: BucketPackages;
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
  readonly methods: Readonly<Partial<Record<Method, PublishState>>>;
}

/** The distribution centre: queues → uploading (make the shares available) → uploaded (serve) → history (seed time over). */
export class Sender implements Startable {
  readonly name = 'sender';
  readonly #c: SenderComponents;
  readonly #config: () => Config;
  readonly #serving: RunningTasks;
  readonly #queue: QueueRunner<SendingState>;
  readonly #attempts: Attempts<SendingState>;
  readonly #published: PublishedTask;
  readonly #source: SentSource;
  readonly #items: SentItems;
  readonly #lock = new KeyedLock();
  readonly #places: Places;
  /** Uploaded tasks that are served right now. */
  readonly #served = new Map<string, TransferItem>();
  /** Why an uploaded task is not served right now. */
  readonly #servingFailures = new Map<string, BftError>();

  constructor(components: SenderComponents, config: () => Config) {
    this.#c = components;
    this.#config = config;
    this.#published = new PublishedTask(components, config);
    this.#source = new SentSource(components);
    this.#items = new SentItems(components.records, config);
    this.#serving = new RunningTasks(components.log);
    this.#places = new Places(() => config().uploadingnum);
    this.#attempts = new Attempts(components, { state: 'uploading', suffix: '.bterr' }, config);
    this.#queue = new QueueRunner(components, {
      from: 'queues',
      to: 'uploading',
      limit: () => config().uploadingnum,
      onTake: async name => await components.records.renewServing(name, await components.store.read('queues', name)),
      run: (name, signal) => this.#attempts.run(name, signal, () => this.#upload(name, signal)),
    });
  }

  async start(): Promise<void> {
    for (const name of await this.#c.store.list('uploaded')) this.#serve(name);
    await this.#queue.start();
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#serving.stopAll();
  }

  /** Queues a task for sending; resolves with the protocol's success text (BS rows). */
  async send(path: string, reactive: boolean): Promise<string> {
    const task = await readTaskFile(path);
    const name = checkTaskFileName(basename(path));
    checkTask(task, path);
    return await this.#lock.run(name, () => this.#enter(name, path, task, reactive));
  }

  /** Refuses a task that waits or is being uploaded (BS-14, BS-15). One that has used up its tries may be sent anew (decision 24). */
  async refuseRunning(name: string): Promise<SendingState | undefined> {
    const { store } = this.#c;
    const state = await store.find(name);
    if (state === 'queues' || (state === 'uploading' && this.#queue.isRunning(name))) {
      throw new BftError('TASK_EXISTS', `same taskfile in ${state}:${store.path(state, name)}`);
    }
    return state;
  }

  async #enter(name: string, path: string, task: TaskFile, reactive: boolean): Promise<string> {
    await this.refuseRunning(name);
    await this.#c.refuse(task);
    await this.#items.torrents(task);
    const wasServing = await this.#isSeeding(name);
    const torrent = basename(this.#items.sharedPath(task));
    if (wasServing && !reactive) {
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

  /** Whether bt serves the task (BS-03, BS-04). */
  async #isSeeding(name: string): Promise<boolean> {
    const item = this.#served.get(name);
    return item !== undefined && (await this.#c.transports.bt.status(item)).state === 'available';
  }

  async #enqueue(name: string, task: TaskFile): Promise<void> {
    const { store, records } = this.#c;
    await this.#serving.stop(name);
    const state = await store.find(name);
    await this.#published.removeTask(name, task);
    await records.keepOnly(name, task);
    await this.#attempts.forget(name);
    if (state) await store.move(name, state, 'queues', task);
    else await store.submit('queues', name, task);
  }

  async progress(name: string): Promise<UploadProgress> {
    const { store, transports } = this.#c;
    const found = await store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
    const path = store.path(state, name);
    // Somebody may still be writing it (decision 16).
    if (!task) return { path, state, error: undefined, methods: { bt: WAITING, obs: WAITING, cdn: WAITING } };
    const methods: Partial<Record<Method, PublishState>> = {};
    let error = this.#attempts.failure(name) ?? this.#servingFailures.get(name);
    try {
      const item = await this.#items.item(name, task);
      for (const method of sharedMethods(item)) {
        // What waits is not asked for (BU-07).
        methods[method] = state === 'queues' ? WAITING : await transports[method].status(item);
      }
    } catch (cause) {
      // Without its torrents nobody can fetch the task.
      error ??= asBftError(cause, 'INTERNAL', name);
    }
    return { path, state: error && state !== 'history' ? 'error' : state, error, methods };
  }

  /** Stops and forgets a task that is waiting or being uploaded. False when there is none. A served one is ended too. */
  cancel(name: string): Promise<boolean> {
    return this.#lock.run(name, () => this.#cancel(name));
  }

  async #cancel(name: string): Promise<boolean> {
    const { store, records } = this.#c;
    let isRemoved = false;
    await this.#queue.cancel(name, async () => {
      await this.#serving.stop(name);
      const state = await store.find(name);
      if (!state || state === 'history') return;
      // An unreadable task file is moved away by reading it, and had nothing published.
      const task = await store.read(state, name).catch(() => undefined);
      if (task) await this.#published.remove(name, task);
      await store.remove(state, name);
      isRemoved = true;
    });
    if (!isRemoved) return false;
    await this.#attempts.forget(name);
    await records.forget(name);
    return true;
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
    this.#serve(name, item);
  }

  async #publish(item: TransferItem, signal: AbortSignal): Promise<void> {
    if (comesFromBucket(this.#config(), item.task)) await this.#source.restore(item, signal);
    await this.#source.check(item);
    const results = await Promise.allSettled(
      sharedMethods(item).map(method => this.#c.transports[method].publish(item, signal)),
    );
    signal.throwIfAborted();
    const failed = results.find(result => result.status === 'rejected');
    if (failed) throw asBftError(failed.reason, 'INTERNAL', `publishing ${item.name}`);
  }

  /** Serves an uploaded task until its seed time is over, whether it can be served or not. */
  #serve(name: string, published?: TransferItem): void {
    const { store, records, clock } = this.#c;
    this.#serving.start(name, async signal => {
      const task = await store.read('uploaded', name);
      const since = await records.servingSince(name, task, clock.now());
      const hours = seedHours(task, this.#config().defaultseedtime);
      if (published || !hasEnded(clock, since, hours)) {
        const ending = new AbortController();
        const offering = this.#offer(name, task, published, AbortSignal.any([signal, ending.signal]));
        try {
          await sleepUntilOver(clock, since, hours, signal);
        } finally {
          ending.abort();
          await this.#letGo(name, offering);
        }
      }
      await this.#published.remove(name, task);
      await store.move(name, 'uploaded', 'history');
    });
  }

  /** Makes an uploaded task available again after a start of the daemon; one that cannot be served says so and is tried again. */
  async #offer(name: string, task: TaskFile, published: TransferItem | undefined, signal: AbortSignal): Promise<void> {
    let item = published;
    while (!item && !signal.aborted) {
      item = await this.#publishAgain(name, task, signal);
      if (!item) await this.#c.clock.sleep(this.#config().retryminutes * 60_000, signal).catch(() => {});
    }
    if (!item) return;
    this.#served.set(name, item);
    this.#servingFailures.delete(name);
    await this.#published.add(name, task);
  }

  async #letGo(name: string, offering: Promise<void>): Promise<void> {
    await offering;
    const item = this.#served.get(name);
    this.#served.delete(name);
    this.#servingFailures.delete(name);
    if (item) await withdrawAll(this.#c.transports, item);
  }

  /** Undefined when it cannot be done now. */
  async #publishAgain(name: string, task: TaskFile, signal: AbortSignal): Promise<TransferItem | undefined> {
    let item: TransferItem | undefined;
    try {
      const made = await this.#items.item(name, task);
      item = made;
      await this.#places.run(signal, () => this.#publish(made, signal));
      return item;
    } catch (cause) {
      if (item) await withdrawAll(this.#c.transports, item);
      if (signal.aborted) return undefined;
      const error = asBftError(cause, 'INTERNAL', name);
      this.#servingFailures.set(name, error);
      this.#c.log.error({ task: name, code: error.code, err: error }, 'an uploaded task cannot be served');
      return undefined;
    }
  }

  async #copyToTmp(path: string, task: TaskFile): Promise<void> {
    const tmp = join(this.#c.store.root, 'tmp');
    if (dirname(path) === tmp) return;
    await writeDurable(join(tmp, basename(path)), serializeTaskFile(task), 0o600).catch((cause: unknown) => {
      throw new BftError('DISK_WRITE', `copy taskfile: ${path} error.`, { cause });
    });
  }
}
