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
import { PublishedTask } from './published-task.ts';
import { QueueRunner } from './queue-runner.ts';
import { RunningTasks } from './running-tasks.ts';
import { SentItems } from './sent-items.ts';
import { SentSource } from './sent-source.ts';
import { sharedMethods, sleepUntilOver, type Transports, withdrawAll } from './serving.ts';
import type { TaskRecords } from './task-records.ts';

const WAITING: PublishState = { state: 'unavailable', reason: 'the task waits in queues' };

export interface SenderComponents {
  readonly store: TaskStore<SendingState>;
  readonly records: TaskRecords;
  /** With retry. */
  readonly transports: Transports;
  readonly packages: BucketPackages;
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
  /** Why an uploaded task is not served right now. */
  readonly #servingFailures = new Map<string, BftError>();

  constructor(components: SenderComponents, config: () => Config) {
    this.#c = components;
    this.#config = config;
    this.#published = new PublishedTask(components, config);
    this.#source = new SentSource(components);
    this.#items = new SentItems(components.records, config);
    this.#serving = new RunningTasks(components.log);
    this.#attempts = new Attempts(components, { state: 'uploading', suffix: '.bterr' }, config);
    this.#queue = new QueueRunner(components, {
      from: 'queues',
      to: 'uploading',
      limit: () => config().uploadingnum,
      run: (name, signal) => this.#attempts.run(name, signal, () => this.#upload(name, signal)),
    });
  }

  async start(): Promise<void> {
    for (const name of await this.#c.store.list('uploaded'))
      this.#serve(name, (item, signal) => this.#publishAgain(item, signal));
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

  /** Refuses to receive what this node is sending: both would work on the same package and torrents. */
  async refuseServed({ basesubdir, name }: TaskFile): Promise<void> {
    const { store } = this.#c;
    for (const state of ['uploading', 'uploaded'] as const) {
      for (const own of await store.list(state)) {
        const task = await store.read(state, own);
        if (task.basesubdir !== basesubdir || task.name !== name) continue;
        throw new BftError('TASK_EXISTS', `this node is sending the package ${name} of ${basesubdir} itself`);
      }
    }
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
    const state = await this.refuseRunning(name);
    await this.#items.torrents(task);
    const wasServing = this.#serving.has(name);
    const torrent = basename(this.#items.sharedPath(task));
    if (wasServing && !reactive) {
      throw new BftError(
        'TASK_EXISTS',
        `exisited same name ct torrent bt process, send task failed: ${torrent} in ${name} `,
      );
    }
    await this.#copyToTmp(path, task);
    try {
      await this.#enqueue(name, state, task);
    } catch (cause) {
      if (!wasServing) throw cause;
      const { code } = asBftError(cause, 'DISK_WRITE', name);
      throw new BftError(code, `restart bt serving failed: ${torrent} in ${name} `, { cause });
    }
    return wasServing ? 'restarted same name bt process, succeed!' : 'succeeded!';
  }

  async #enqueue(name: string, state: SendingState | undefined, task: TaskFile): Promise<void> {
    const { store, records } = this.#c;
    await this.#serving.stop(name);
    await this.#published.removeTask(name, task);
    await records.keepOnly(name, task);
    await records.renewServing(name, task);
    await this.#attempts.forget(name);
    if (state) await store.move(name, state, 'queues', task);
    else await store.submit('queues', name, task);
  }

  async progress(name: string): Promise<UploadProgress> {
    const { store, transports } = this.#c;
    const found = await store.get(checkTaskFileName(name));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
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
    return { path: store.path(state, name), state: error && state !== 'history' ? 'error' : state, error, methods };
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
    const item = await this.#items.item(name, task);
    try {
      await this.#publish(item, signal);
    } catch (error) {
      await withdrawAll(this.#c.transports, item);
      throw error;
    }
    await store.move(name, 'uploading', 'uploaded', { ...task, sendtime: formatLocalTime(clock.now()) });
    this.#serve(name, () => Promise.resolve());
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

  /** Serves an uploaded task until its seed time is over. */
  #serve(name: string, prepare: (item: TransferItem, signal: AbortSignal) => Promise<void>): void {
    const { store, records, clock, transports } = this.#c;
    this.#serving.start(name, async signal => {
      const task = await store.read('uploaded', name);
      const item = await this.#items.item(name, task);
      try {
        const since = await records.servingSince(name, task, clock.now());
        await prepare(item, signal);
        await this.#published.add(name, task);
        await sleepUntilOver(clock, since, seedHours(task, this.#config().defaultseedtime), signal);
        await this.#published.remove(name, task);
        await store.move(name, 'uploaded', 'history');
      } finally {
        this.#servingFailures.delete(name);
        await withdrawAll(transports, item);
      }
    });
  }

  /** After a start of the daemon. A task that cannot be served says so, and is tried again for as long as it should be. */
  async #publishAgain(item: TransferItem, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#publish(item, signal);
        this.#servingFailures.delete(item.name);
        return;
      } catch (cause) {
        signal.throwIfAborted();
        const error = asBftError(cause, 'INTERNAL', item.name);
        this.#servingFailures.set(item.name, error);
        this.#c.log.error({ task: item.name, code: error.code, err: error }, 'an uploaded task cannot be served');
        await this.#c.clock.sleep(this.#config().retryminutes * 60_000, signal);
      }
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
