import { basename, dirname } from 'node:path';
import type { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { asBftError, BftError } from '../core/errors.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory, writeAfresh } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import { readTaskFile } from '../queue/task-store.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { Layout } from '../task/layout.ts';
import { checkTaskFileName } from '../task/names.ts';
import { serializeTaskFile } from '../task/task-file.ts';
import type { AvoidRepeat } from './avoid-repeat.ts';
import type { BucketPackages } from './bucket-packages.ts';
import { composeTask, type MadeTorrents } from './compose-task.ts';
import { TorrentMaking } from './torrent-making.ts';
import { comesFromBucket, givesKeys, type InBucket, inBucket, isComplete } from './obs-keys.ts';
import { MakingBoard, type MakingEntry, type MakingProgress } from './making-board.ts';
import { RunningTasks } from './running-tasks.ts';
import type { Making, TaskRecords } from './task-records.ts';
import { checkRequest, isPackage, planTask, type TaskPlan } from './task-plan.ts';
import { removeFile } from './task-target.ts';

export type MakingState =
  | ({ readonly state: 'making' } & MakingProgress)
  /** `incomplete`: one of torrent and task file is there, and nothing is being made. */
  | { readonly state: 'finished' | 'incomplete' | 'none' };

/** gentask answers with the result if it comes so soon. */
const ANSWER_MS = 8000;

interface TaskMakerComponents {
  readonly clock: Clock;
  readonly log: Logger;
  readonly records: TaskRecords;
  readonly buckets: BucketsFile;
  readonly packages: BucketPackages;
  readonly avoidRepeat: Pick<AvoidRepeat, 'begin'>;
  /** Sends a task that is made. */
  readonly send: (taskfile: string) => Promise<unknown>;
}

/** Makes tasks at the sender: one reading pass, then the torrents, then, last, the task file (BG rows). */
export class TaskMaker implements Startable {
  readonly name = 'task maker';
  readonly #records: TaskRecords;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #send: (taskfile: string) => Promise<unknown>;
  readonly #buckets: BucketsFile;
  readonly #packages: BucketPackages;
  readonly #config: () => Config;
  readonly #running: RunningTasks;
  readonly #lock = new KeyedLock();
  readonly #board: MakingBoard;
  readonly #avoidRepeat: TaskMakerComponents['avoidRepeat'];

  constructor(components: TaskMakerComponents, config: () => Config) {
    this.#records = components.records;
    this.#clock = components.clock;
    this.#log = components.log;
    this.#buckets = components.buckets;
    this.#send = components.send;
    this.#packages = components.packages;
    this.#avoidRepeat = components.avoidRepeat;
    this.#config = config;
    this.#running = new RunningTasks(components.log);
    this.#board = new MakingBoard(components.clock);
  }

  /** What is being made now, and the last tries that failed. */
  makings(): MakingEntry[] {
    return this.#board.list();
  }

  /** What was asked for, of one of them; undefined when it is made by now. */
  requestOf(dcppath: string): Pick<GentaskRequest, 'btobscdn' | 'policy' | 'basesubdir' | 'deadline'> | undefined {
    return this.#board.requestOf(dcppath);
  }

  /** Goes on with what was asked for before the daemon ended. */
  async start(): Promise<void> {
    for (const making of await this.#records.makings(this.#log)) {
      const goOn = async () => {
        if (making.isMade) await this.#sendMade(making);
        else await this.#begin(making);
      };
      await this.#lock.run(making.request.dcppath, goOn).catch((error: unknown) => this.#cannotGoOn(making, error));
    }
  }

  /** What may only be away for now (a mount, a disk) is kept for the next start. */
  async #cannotGoOn(making: Making, cause: unknown): Promise<void> {
    const { code, permanent } = asBftError(cause, 'INTERNAL', making.request.taskfile);
    this.#note(making.request, cause);
    if (permanent && code !== 'SOURCE_MISSING') await this.#records.dropMaking(making.request.taskfile);
  }

  stop(): Promise<void> {
    return this.#running.stopAll();
  }

  /**
   * Checks the request and begins. What stood under these names before is gone then, so that nothing stale looks finished. Resolves true when everything
   * is made, which is only waited for where the full torrent is there already (BG-03), false when it goes on in the background.
   */
  async begin(making: Making): Promise<boolean> {
    const { request } = making;
    const isQuick = await this.#lock.run(request.dcppath, () => this.#begin(making));
    if (!isQuick) return false;
    const waiting = new AbortController();
    const late = this.#clock.sleep(ANSWER_MS, waiting.signal).catch(() => {});
    await Promise.race([this.#running.ended(request.dcppath), late]);
    waiting.abort();
    const failure = this.#board.failureOf(request.dcppath);
    if (failure) throw failure;
    return !this.#running.has(request.dcppath);
  }

  async #begin(making: Making): Promise<boolean> {
    const { request } = making;
    const config = this.#config();
    // Before the package is walked (BG-13).
    if (this.#running.has(request.dcppath)) {
      const { torrentPath } = new Layout(request.dcppath);
      throw new BftError('TORRENT_BUSY', `same torrent process is generating:${torrentPath} `);
    }
    // A package of the bucket is brought first, in the background.
    const plan = comesFromBucket(config, request) ? undefined : await planTask(config, request);
    const layout = plan?.layout ?? (await checkRequest(config, request));
    const bucket = await inBucket(config, this.#buckets, request, layout.name);
    await makeDirectory(dirname(request.taskfile));
    await removeFile(request.taskfile);
    await removeFile(layout.tmpTorrentPath);
    if (request.deloldtorrent) await removeFile(layout.torrentPath);
    if (plan && plan.emptyDirectories.length > 0) {
      this.#log.warn(
        { package: layout.packagePath, directories: plan.emptyDirectories },
        'empty directories are not carried',
      );
    }
    await this.#records.saveMaking(making);
    this.#board.begin(request, plan?.size ?? 0);
    const make = (signal: AbortSignal) =>
      this.#make(making, bucket, signal, () => plan ?? this.#bring(layout, request, bucket, signal));
    this.#running.start(layout.packagePath, make, () => this.#board.end(layout.packagePath));
    return plan?.kept !== undefined;
  }

  /** Throws TASK_EXISTS while a task of this package is being made. */
  refuseMaking(dcppath: string): void {
    if (this.#running.has(dcppath)) throw new BftError('TASK_EXISTS', `a task of ${dcppath} is being made`);
  }

  /** Stops the making of tasks of this name; a package half fetched from the bucket goes (decision 14). False: none was being made. */
  async cancel(name: string): Promise<boolean> {
    const makings = (await this.#records.makings(this.#log)).filter(
      ({ request }) => basename(request.taskfile) === name,
    );
    for (const { request } of makings) await this.#lock.run(request.dcppath, () => this.#cancel(request));
    return makings.length > 0;
  }

  async #cancel(request: GentaskRequest): Promise<void> {
    const { dcppath, taskfile } = request;
    await this.#running.stop(dcppath);
    await this.#records.dropMaking(taskfile);
    // It was made just before.
    if (await exists(taskfile)) return;
    if (comesFromBucket(this.#config(), request)) await this.#packages.discard(dcppath);
    this.#board.fail(request, new BftError('TASK_CANCELLED', `making ${taskfile} was cancelled`));
  }

  /** BQ rows. Throws why the last making of this package failed. */
  async query(dcppath: string, taskfile: string): Promise<MakingState> {
    checkTaskFileName(basename(taskfile));
    const progress = this.#board.progressOf(dcppath);
    if (progress) return { state: 'making', ...progress };
    const failure = this.#board.failureOf(dcppath);
    if (failure) throw failure;
    if (taskfile.includes('\0') || !(await isPackage(dcppath)))
      throw new BftError('SOURCE_MISSING', `not exist ${dcppath} `);
    const found = [await exists(new Layout(dcppath).torrentPath), await isTask(taskfile)];
    if (found.every(Boolean)) return { state: 'finished' };
    return { state: found.some(Boolean) ? 'incomplete' : 'none' };
  }

  async #make(
    making: Making,
    bucket: InBucket,
    signal: AbortSignal,
    planned: () => TaskPlan | Promise<TaskPlan>,
  ): Promise<void> {
    const { request } = making;
    try {
      const plan = await planned();
      const hashing = await this.#avoidRepeat.begin(plan);
      const { hashes } = await this.#makeTask(request, plan, hashing.known, bucket, signal);
      // What was hashed just now saves others the hashing: transfers look there before they fetch.
      await hashing.enter(hashes);
      const { taskfile } = request;
      this.#log.info({ package: request.dcppath, taskfile, bytes: plan.size, known: hashing.known.size }, 'task made');
      if (making.thenSend) await this.#sendMade(making);
      else await this.#records.dropMaking(request.taskfile);
    } catch (cause) {
      signal.throwIfAborted();
      await this.#fail(request, cause);
    }
  }

  /** All or nothing: without a task file there are no torrents of it either. */
  async #makeTask(
    request: GentaskRequest,
    plan: TaskPlan,
    known: ReadonlyMap<string, string>,
    { url, keys }: InBucket,
    signal: AbortSignal,
  ): Promise<MadeTorrents> {
    const config = this.#config();
    const torrents = new TorrentMaking(plan, {
      tracker: request.tracker || config.tracker,
      limits: config,
      workers: config.hashworkers,
      known,
      signal,
      onProgress: bytes => this.#board.advance(request.dcppath, bytes, plan.size),
    });
    try {
      const made = await torrents.make();
      const task = composeTask(config, request, { ...made, obsUrl: url, keys }, this.#clock.now());
      const name = basename(request.taskfile);
      await this.#records.saveSource(name, task, plan.files);
      if (givesKeys(request) && isComplete(keys)) await this.#records.saveObsKeys(name, task, keys);
      else await this.#records.dropObsKeys(name, task);
      signal.throwIfAborted();
      await writeAfresh(request.taskfile, serializeTaskFile(task), 0o600);
      return made;
    } catch (error) {
      await removeFile(request.taskfile);
      await torrents.undo();
      throw error;
    }
  }

  /** Noted first, so that after a crash nothing is made anew under a task that is being sent. */
  async #sendMade({ request, isMade }: Making): Promise<void> {
    await this.#records.saveMaking({ request, thenSend: true, isMade: true });
    await this.#send(request.taskfile).catch((error: unknown) => {
      // It was sent just before the crash.
      if (!(isMade && error instanceof BftError && error.code === 'TASK_EXISTS')) throw error;
    });
    await this.#records.dropMaking(request.taskfile);
  }

  /** It is not tried again: who asked learns why (taskfilesquery). */
  async #fail(request: GentaskRequest, cause: unknown): Promise<void> {
    this.#note(request, cause);
    await this.#records.dropMaking(request.taskfile);
  }

  #note(request: GentaskRequest, cause: unknown): void {
    const { dcppath, taskfile } = request;
    const error = asBftError(cause, 'INTERNAL', `making ${taskfile}`);
    this.#board.fail(request, error);
    this.#log.error({ package: dcppath, code: error.code, err: error }, error.message);
  }

  /** BN-007: what is not here yet comes from the bucket; then the package is one like any other. */
  async #bring(
    { name, packagePath }: Layout,
    request: GentaskRequest,
    { url, keys }: InBucket,
    signal: AbortSignal,
  ): Promise<TaskPlan> {
    const place = { name, url, keys: isComplete(keys) ? keys : undefined };
    const onProgress = (bytes: number, total: number) => this.#board.advance(packagePath, bytes, total);
    await this.#packages.bring(place, packagePath, signal, onProgress);
    return await planTask(this.#config(), request);
  }
}

/** False when there is none. Throws when it cannot be read (BQ-08). */
async function isTask(path: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await readTaskFile(path).catch((cause: unknown) => {
    throw new BftError('TASK_FILE_INVALID', `open json file error: ${path} `, { cause });
  });
  return true;
}
