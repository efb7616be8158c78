import type { Config } from '../config/schema.ts';
import { asBftError, BftError } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { METHODS, type Method } from '../core/method.ts';
import { formatLocalTime } from '../core/units.ts';
import { exists } from '../disk/exists.ts';
import type { ReceivingState } from '../queue/states.ts';
import { checkTaskFileName } from '../task/names.ts';
import { putBack, repeatedFiles } from '../task/avoid-repeat.ts';
import { LIST_KEY, listSize, type TaskFile } from '../task/task-file.ts';
import { assemble, isAssembling } from '../transfer/assemble.ts';
import { finalCheck } from '../transfer/final-check.ts';
import type { TransferItem } from '../transfer/item.ts';
import { reportOf, type TransferReport } from '../transfer/report.ts';
import { SharedFetch, type TakeOverRules } from '../transfer/shared-fetch.ts';
import type { Ledger } from '../transfer/ledger.ts';
import type { Activity } from './activity.ts';
import type { AvoidRepeat } from './avoid-repeat.ts';
import { Intake, type IntakeComponents } from './intake.ts';
import { FinishedTasks } from './finished-tasks.ts';
import type { IntakeControl } from './intake-control.ts';
import { withdrawAll } from './serving.ts';
import { StoredPackages } from './stored-packages.ts';

const CHECK_ROUNDS = 3;
/** recv answers when a package that is here already is copied, but not later than this: many clients give up after 30 s. */
const COPY_ANSWER_MS = 25_000;

export interface ReceiverComponents extends IntakeComponents {
  readonly avoidRepeat: AvoidRepeat;
  /** Bytes per second that the limits leave a method for a task right now. */
  readonly allowed: (task: string, method: Method) => number;
  /** Throws while this node sends the package of a task itself, or makes one of it: it must not be deleted then. */
  readonly refuseSent: (task: TaskFile) => Promise<void>;
  /** Whether a method may fetch of a task right now. */
  readonly isOpen: (task: TaskFile, method: Method) => boolean;
}

/** How far a received task is. */
export interface DownloadProgress {
  readonly path: string;
  readonly state: ReceivingState | 'downloaderror';
  /** Undefined while somebody may still be writing it (decision 16). */
  readonly task: TaskFile | undefined;
  readonly packagePath: string;
  /** What is being transferred. */
  readonly ledger: Ledger | undefined;
  /** What the finished transfer moved. */
  readonly report: TransferReport | undefined;
  readonly error: BftError | undefined;
  readonly isPaused: boolean;
  /** Whether bt serves the finished package on. */
  readonly isSeeding: boolean;
}

/** The cinema end: queues → downloading (fetch, verify, assemble) → downloaded → history. Sender nodes receive like this too (BR-04). */
export class Receiver implements Startable {
  readonly name = 'receiver';
  readonly #c: ReceiverComponents;
  readonly #intake: Intake;
  readonly #finished: FinishedTasks;
  readonly #shares: SharedFetch;
  readonly #packages: StoredPackages;
  /** What is verified and on its way into the storage. */
  readonly #placing = new Set<string>();

  constructor(components: ReceiverComponents, config: () => Config, packagePath: (task: TaskFile) => string) {
    this.#c = components;
    this.#shares = new SharedFetch(components, () => takeOverRules(config()));
    const run = (item: TransferItem, signal: AbortSignal) => this.#receive(item, signal);
    const plan = (task: TaskFile) => components.avoidRepeat.plan(task);
    this.#intake = new Intake(components, config, { needsFull: true, packagePath, plan, run });
    this.#finished = new FinishedTasks(
      { ...components, intake: this.#intake },
      { seedHours: () => config().receiverseedtime, historyAfter: () => config().historyafter },
    );
    const item = (name: string, task: TaskFile) => this.#intake.bareItem(name, task);
    this.#packages = new StoredPackages({ ...components, item }, config);
  }

  async start(): Promise<void> {
    await this.#finished.start();
    await this.#intake.start();
  }

  async stop(): Promise<void> {
    await this.#intake.stop();
    await this.#finished.stop();
  }

  /** Queues a task for receiving; resolves with the protocol's success text (BR rows). */
  async recv(path: string): Promise<string> {
    const { name, task } = await this.#intake.read(path);
    return await this.#recv(name, path, task);
  }

  /** Queues a task that was given as text. Resolves with its name and the protocol's success text. */
  async receive(text: string): Promise<{ name: string; desc: string }> {
    const { name, task } = await this.#intake.parse(text);
    return { name, desc: await this.#recv(name, name, task) };
  }

  async #recv(name: string, path: string, task: TaskFile): Promise<string> {
    const { isAgain, isHere } = await this.#intake.lock.run(name, () => this.#enter(name, path, task));
    const isFinished = isHere && (await this.#intake.isReceivedWithin(name, COPY_ANSWER_MS));
    if (!isFinished) return isAgain ? 'same name task downloaded, to download again.' : 'succeed!';
    const all = 'all localsamefiles existed copy and finished, succeed!';
    return isAgain ? `same name task downloaded, ${all}` : all;
  }

  /** In the order of BR-40: state directories, torrents, what is here already, queue. */
  async #enter(name: string, path: string, sent: TaskFile): Promise<{ isAgain: boolean; isHere: boolean }> {
    await this.#intake.refuseRunning(name);
    const { task } = await this.#intake.admit(name, sent);
    const before = await this.#finished.release(name, async () => {
      const state = await this.#intake.refuseRunning(name);
      await this.#intake.enqueue({ name, path, sent, task, before: state });
      return state;
    });
    return {
      isAgain: before === 'downloaded' || before === 'history',
      isHere: METHODS.every(method => listSize(task, LIST_KEY[method]) === 0),
    };
  }

  async progress(name: string): Promise<DownloadProgress> {
    const { store } = this.#c;
    const found = await store.get(checkTaskFileName(name)).catch((error: unknown) => this.#cannotOpen(name, error));
    if (!found) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const { state, task } = found;
    const failure = this.#intake.failure(name);
    const ledger = this.#intake.ledgers.get(name);
    // By its directory, not by its ledger: that is let go a moment after the move is seen.
    const isOver = state === 'downloaded' || state === 'history';
    return {
      path: store.path(state, name),
      state: failure && state === 'downloading' ? 'downloaderror' : state,
      task,
      packagePath: task ? this.#intake.bareItem(name, task).packagePath : '',
      ledger,
      report: task && isOver ? await this.#c.records.report(name, task) : undefined,
      error: failure ?? ledger?.trouble,
      isPaused: this.#c.paused.has(name),
      isSeeding: this.#finished.isSeeding(name),
    };
  }

  /** What the task is transferring. */
  ledgerOf(name: string): Ledger | undefined {
    return this.#intake.ledgers.get(name);
  }

  /** Its tries are used up (decision 15). */
  hasGivenUp(name: string): boolean {
    return this.#intake.hasGivenUp(name);
  }

  /** BP-22, in the words of the original, whatever the reason. */
  async #cannotOpen(name: string, cause: unknown): Promise<never> {
    const state = await this.#c.store.find(name);
    if (!state || !(cause instanceof BftError && cause.code === 'TASK_FILE_MISSING')) throw cause;
    const path = this.#c.store.path(state, name);
    throw new BftError('TASK_FILE_MISSING', `open dir error:open ${path} : no such file or directory`, { cause });
  }

  /** What goes on with a task that downloads. */
  activity(name: string): Activity {
    return this.#intake.activity(name, this.#placing.has(name));
  }

  /** Decision 14. */
  cancel(name: string): Promise<boolean> {
    return this.#intake.removal.cancel(name);
  }

  get control(): IntakeControl {
    return this.#intake.control;
  }

  /** Ends a task in any state and takes it off the list; with `files` its package in the storage goes, too. */
  async remove(name: string, files: boolean): Promise<void> {
    await this.#intake.lock.run(name, async () => {
      const also = files ? await this.#packageRemoval(name) : () => Promise.resolve();
      const isRemoved = (await this.#intake.removal.remove(name, also)) || (await this.#finished.remove(name, also));
      if (!isRemoved) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    });
  }

  /** Refuses before anything is stopped or removed. */
  async #packageRemoval(name: string): Promise<() => Promise<void>> {
    const found = await this.#c.store.get(name);
    if (!found?.task) return () => Promise.resolve();
    const item = this.#intake.bareItem(name, found.task);
    await this.#packages.check(item);
    return () => this.#packages.remove(item);
  }

  async #receive(item: TransferItem, signal: AbortSignal): Promise<void> {
    const { records, transports, room } = this.#c;
    if (!(await isAssembling(item))) {
      try {
        const ledger = await this.#intake.ledgers.open(item);
        const files = item.task.filelist.map(({ file }) => file);
        await room.during(item, files, ledger, signal, () => this.#fetchVerified(item, ledger, signal));
        await records.saveReport(item.name, item.task, reportOf(item, ledger));
      } finally {
        await withdrawAll(transports, item);
      }
    }
    signal.throwIfAborted();
    this.#placing.add(item.name);
    try {
      await this.#place(item);
    } finally {
      this.#placing.delete(item.name);
    }
  }

  /** From here on nothing stops it: it takes a moment only, and every step can be done again. */
  async #place(item: TransferItem): Promise<void> {
    const { store, clock } = this.#c;
    await this.#endOthers(item);
    await this.#assemble(item);
    await this.#c.avoidRepeat.remember(item);
    const task = await store.read('downloading', item.name);
    await store.move(item.name, 'downloading', 'downloaded', { ...task, finishedtime: formatLocalTime(clock.now()) });
    await this.#intake.ledgers.drop(item.name);
    await this.#intake.cleanUp(item);
    this.#finished.add(item.name);
  }

  /** Plan A has one place for a name, whichever organisation it comes from (BN-004): whose package is replaced serves it no more. */
  async #endOthers({ name, task, packagePath }: TransferItem): Promise<void> {
    if (!(await exists(packagePath))) return;
    const { store, log } = this.#c;
    for (const state of ['downloaded', 'history'] as const) {
      for (const other of await store.list(state)) {
        if (other === name || !other.endsWith(`-${task.name}.task.json`)) continue;
        const found = await store.get(other).catch(() => undefined);
        if (!found?.task || this.#intake.bareItem(other, found.task).packagePath !== packagePath) continue;
        log.warn({ task: name, replaces: other, package: packagePath }, 'a package of another task is replaced');
        await this.#finished.retire(other);
      }
    }
  }

  /** Should a verified file have been taken away by somebody, everything begins anew at the next try. */
  async #assemble(item: TransferItem): Promise<void> {
    try {
      await assemble(item);
    } catch (error) {
      if (error instanceof BftError && error.code === 'VERIFY_FAILED') {
        await this.#intake.ledgers.drop(item.name);
        await this.#intake.cleanUp(item);
      }
      throw error;
    }
  }

  /** Fetches all shares at once until everything is there and right; what the last check finds wrong is fetched again. */
  async #fetchVerified(start: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<void> {
    const { transports, log } = this.#c;
    let item = start;
    for (let round = 1; ; round++) {
      item = await this.#fetchAll(item, ledger, signal);
      const wrong = await finalCheck(item, ledger, signal);
      if (wrong.length === 0) return;
      const files = [...new Set(wrong.map(({ file }) => file))];
      log.error({ task: item.name, files, code: 'VERIFY_FAILED' }, 'wrong bytes are fetched again');
      await transports.bt.withdraw(item);
      item = await this.#fetchInstead(
        item,
        files.filter(file => ledger.isFrom(file, 'local')),
      );
      await ledger.revoke(wrong);
      if (round === CHECK_ROUNDS) {
        throw new BftError('VERIFY_FAILED', `${item.name}: ${files.join(', ')} came wrong ${round} times`);
      }
    }
  }

  /**
   * One method's failure does not stop the others: what they bring is kept. Resolves with the item as it is then: what is not here after all has gone
   * back to the lists.
   */
  async #fetchAll(item: TransferItem, ledger: Ledger, signal: AbortSignal): Promise<TransferItem> {
    const copying = this.#c.avoidRepeat.copy(item, ledger, signal);
    const fetching = METHODS.map(async method => {
      // bt has pieces to check against the copies, and would fetch what is not there yet.
      if (method === 'bt') await copying;
      await this.#shares.fetch(method, item, ledger, signal);
    });
    const results = await Promise.allSettled([copying, ...fetching]);
    if (signal.aborted) await ledger.settle();
    signal.throwIfAborted();
    await ledger.flush();
    const failed = results.find(result => result.status === 'rejected');
    if (failed) throw asBftError(failed.reason, 'INTERNAL', item.name);
    const uncopied = [...(await copying), ...(await this.#c.avoidRepeat.copyRepeats(item, ledger, signal))];
    const lost = uncopied.filter(file => !ledger.isFinished(file));
    if (lost.length > 0) return await this.#fetchAll(await this.#fetchInstead(item, lost), ledger, signal);
    refuseUnsynced(item, ledger);
    return item;
  }

  /** Each content once: the other files that have it wait for it. */
  async #fetchInstead(item: TransferItem, files: readonly string[]): Promise<TransferItem> {
    if (files.length === 0) return item;
    const lost = new Set(files);
    const repeated = new Set(repeatedFiles(item.task.filelist.filter(({ file }) => lost.has(file))));
    const back = files.filter(file => !repeated.has(file));
    const task = putBack(item.task, back, item.inTorrent);
    await this.#c.store.write('downloading', item.name, task);
    return item.withTask(task);
  }
}

const takeOverRules = ({ takeoverminutes, takeoverrate, retryminutes }: Config): TakeOverRules => ({
  patienceMs: takeoverminutes * 60_000,
  floor: takeoverrate,
  retryMs: retryminutes * 60_000,
});

function refuseUnsynced({ name, task }: TransferItem, ledger: Ledger): void {
  const lost = task.filelist.filter(({ file }) => !ledger.isFinished(file));
  if (lost.length === 0) return;
  throw new BftError('DISK_WRITE', `${name}: ${lost[0]?.file} and ${lost.length - 1} more could not be made durable`);
}
