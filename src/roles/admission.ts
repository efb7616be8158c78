import { basename, dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import { formatLocalTime } from '../core/units.ts';
import { writeDurable } from '../disk/durable.ts';
import type { ReceivingState } from '../queue/states.ts';
import { readTaskFile, type TaskStore } from '../queue/task-store.ts';
import { checkTask } from '../task/check.ts';
import { checkTaskFileName } from '../task/names.ts';
import { serializeTaskFile, type TaskFile } from '../task/task-file.ts';
import { TransferItem } from '../transfer/item.ts';
import type { TaskRecords } from './task-records.ts';
import type { TorrentShelf } from './torrent-shelf.ts';

const FETCH_TORRENTS_MS = 60_000;

export interface AdmissionComponents {
  readonly store: TaskStore<ReceivingState>;
  readonly records: TaskRecords;
  readonly shelf: TorrentShelf;
  readonly clock: Clock;
}

export interface AdmissionRules {
  /** False: the full torrent is not needed but for n:0:0 (cacher). */
  readonly needsFull: boolean;
  readonly transferPath: () => string;
  readonly packagePath: (task: TaskFile) => string;
}

/** What is checked before a task is queued for receiving, in the order of BR-40, and the item that it becomes. */
export class Admission {
  readonly #c: AdmissionComponents;
  readonly #rules: AdmissionRules;

  constructor(components: AdmissionComponents, rules: AdmissionRules) {
    this.#c = components;
    this.#rules = rules;
  }

  /** Reads and checks a task file from any path (BR-21, BR-22, sizes, names). */
  async read(path: string): Promise<{ name: string; task: TaskFile }> {
    const task = await readTaskFile(path);
    const name = checkTaskFileName(basename(path));
    checkTask(task, path);
    return { name, task };
  }

  /** Refuses a task that waits or runs (BR-24, BR-25). Resolves with the finished state it is in, if any. */
  async refuseRunning(name: string): Promise<'downloaded' | 'history' | undefined> {
    const { store } = this.#c;
    const state = await store.find(name);
    if (state === 'queues' || state === 'downloading') {
      throw new BftError('TASK_EXISTS', `same taskfile in ${state}:${store.path(state, name)}`);
    }
    return state;
  }

  /** The item of a task, with its torrents; they are fetched unless they were kept. */
  async item(name: string, task: TaskFile, signal = AbortSignal.timeout(FETCH_TORRENTS_MS)): Promise<TransferItem> {
    const directory = this.#c.records.directory(name, task);
    const torrents = await this.#c.shelf.bring(task, directory, this.#rules.needsFull, signal);
    return this.bareItem(name, task, torrents);
  }

  /** The item without looking for torrents: enough to know its paths. */
  bareItem(
    name: string,
    task: TaskFile,
    torrents: ConstructorParameters<typeof TransferItem>[3] = { full: undefined, tmp: undefined },
  ): TransferItem {
    const paths = { packagePath: this.#rules.packagePath(task), transferPath: this.#rules.transferPath() };
    return new TransferItem(name, task, paths, torrents);
  }

  /** Puts the task into the queue, from wherever it was; a copy stays in tmp (BR-01, BR-27). */
  async enqueue(name: string, task: TaskFile, path: string, from: 'downloaded' | 'history' | undefined): Promise<void> {
    const { store, clock } = this.#c;
    const tmp = join(store.root, 'tmp');
    if (dirname(path) !== tmp) {
      await writeDurable(join(tmp, name), serializeTaskFile(task), 0o600).catch((cause: unknown) => {
        throw new BftError('DISK_WRITE', `move json file to ${tmp} erro`, { cause });
      });
    }
    const received = { ...task, receivetime: formatLocalTime(clock.now()), finishedtime: '' };
    if (from) await store.move(name, from, 'queues', received);
    else await store.submit('queues', name, received);
  }
}
