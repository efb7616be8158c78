import type { Clock } from '../core/clock.ts';
import { asBftError } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { checkDcp, type DcpReport } from '../dcp/check-dcp.ts';
import type { HashOf } from '../dcp/check-contents.ts';
import type { ReceivingState } from '../queue/states.ts';
import type { StateChange, TaskStore } from '../queue/task-store.ts';
import { checkTaskNames } from '../task/check.ts';
import type { TaskFile } from '../task/task-file.ts';
import { deliveryReport } from './delivery-report.ts';
import type { ReportShelf } from './report-shelf.ts';
import type { TaskRecords } from './task-records.ts';

/** Of the history, so many of the latest are looked at when the daemon starts. */
const LOOKED_AT = 20;

export interface DeliveryReportsComponents {
  readonly store: TaskStore<ReceivingState>;
  readonly records: Pick<TaskRecords, 'report'>;
  readonly shelf: ReportShelf;
  readonly events: Pick<Events, 'add'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

export interface DeliveryReportsOptions {
  readonly packagePath: (task: TaskFile) => string;
  /** Name of this node. */
  readonly node: () => string;
  readonly software: string;
}

interface Checked {
  readonly dcp: DcpReport | undefined;
  readonly dcpNote: string;
}

/**
 * Writes a report of every task that has become `downloaded`, one after the other, and checks its package for it if that is a DCP. The task does not
 * wait for it, and nothing that is found changes what was delivered. Reports that a stop or a crash prevented are written at the next start.
 */
export class DeliveryReports implements Startable {
  readonly name = 'delivery reports';
  readonly #c: DeliveryReportsComponents;
  readonly #options: DeliveryReportsOptions;
  readonly #stopping = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(components: DeliveryReportsComponents, options: DeliveryReportsOptions) {
    this.#c = components;
    this.#options = options;
  }

  start(): Promise<void> {
    this.#c.store.on('changed', this.#onChange);
    this.#then('tasks that were received earlier', () => this.#catchUp());
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#c.store.off('changed', this.#onChange);
    this.#stopping.abort();
    await this.#work;
  }

  readonly #onChange = ({ name, to }: StateChange<ReceivingState>): void => {
    if (to === 'downloaded') this.#then(name, () => this.#write(name, true));
  };

  #then(task: string, work: () => Promise<void>): void {
    this.#work = this.#work.then(() => this.#telling(task, work));
  }

  /** What fails for one task is told, and holds no other back. */
  async #telling(task: string, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    await work().catch((error: unknown) => {
      if (signal.aborted) return;
      const { code, message } = asBftError(error, 'INTERNAL', `the delivery report of ${task}`);
      this.#c.log.error({ task, code, err: error }, `no delivery report: ${message}`);
    });
  }

  async #catchUp(): Promise<void> {
    const { store } = this.#c;
    const downloaded = await store.list('downloaded');
    for (const name of downloaded) await this.#telling(name, () => this.#writeMissing(name, true));
    // Others may have come into their places since.
    for (const name of (await store.list('history')).slice(-LOOKED_AT)) {
      await this.#telling(name, () => this.#writeMissing(name, false));
    }
  }

  async #writeMissing(name: string, isChecked: boolean): Promise<void> {
    const found = await this.#c.store.get(name);
    const finished = found?.task?.finishedtime;
    if (!finished || (await this.#c.shelf.has(name, finished))) return;
    await this.#write(name, isChecked);
  }

  /** Of a task that is being received anew meanwhile nothing is written: it will be downloaded again. */
  async #write(name: string, isChecked: boolean): Promise<void> {
    const { records, shelf, clock, log } = this.#c;
    const task = await this.#finished(name);
    if (!task) return;
    checkTaskNames(task);
    const path = this.#options.packagePath(task);
    const checked = isChecked
      ? await this.#check(task, path)
      : { dcp: undefined, dcpNote: 'not checked: the node was stopped before it could be' };
    if ((await this.#finished(name))?.finishedtime !== task.finishedtime) return;
    const transfer = await records.report(name, task);
    const by = { node: this.#options.node(), software: this.#options.software, now: clock.now() };
    await shelf.save(deliveryReport({ name, task, path, transfer, ...checked, ...by }));
    log.info({ task: name }, 'delivery report is written');
    this.#tell(name, checked);
  }

  async #finished(name: string): Promise<TaskFile | undefined> {
    const found = await this.#c.store.get(name);
    return found?.state === 'downloaded' || found?.state === 'history' ? found.task : undefined;
  }

  async #check(task: TaskFile, path: string): Promise<Checked> {
    if (task.type === 'file') return { dcp: undefined, dcpNote: 'the package is a single file' };
    const { signal } = this.#stopping;
    try {
      const dcp = await checkDcp(path, { hashOf: knownHashes(task), signal });
      return { dcp, dcpNote: dcp ? '' : 'the package has no asset map: it is no DCP' };
    } catch (error) {
      signal.throwIfAborted();
      const { message } = asBftError(error, 'INTERNAL', path);
      return { dcp: undefined, dcpNote: `could not be checked: ${message}` };
    }
  }

  #tell(name: string, { dcp, dcpNote }: Checked): void {
    const { events, log } = this.#c;
    if (!dcp) {
      if (dcpNote.startsWith('could not')) log.warn({ task: name, code: 'PACKAGE_CHECK' }, `${name}: DCP ${dcpNote}`);
      return;
    }
    const { verdict, standard, counts, findings } = dcp;
    const found = Object.entries(counts).map(([code, count]) => `${code} ${count}`);
    const text = `${standard || 'DCP'} package is ${verdict}${found.length > 0 ? ` (${found.join(', ')})` : ''}`;
    events.add('PACKAGE_CHECK', name, text);
    const first = findings[0]?.text;
    if (verdict !== 'valid') log.warn({ task: name, code: 'PACKAGE_CHECK', verdict, first }, `${name}: ${text}`);
  }
}

/** The transfer has verified them: no byte is read again. */
function knownHashes(task: TaskFile): HashOf {
  const known = new Map(task.filelist.map(listed => [listed.file, listed]));
  return ({ path, size }) => {
    const listed = known.get(path);
    return Promise.resolve(listed?.size === size ? listed.hash : undefined);
  };
}
