import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { notThere } from '../core/errors.ts';
import { makeDirectory, removeDurable, writeDurable } from '../disk/durable.ts';
import type { PackageFile } from '../disk/walk.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { taskIdentity } from '../task/identity.ts';
import type { ObsKeys, TaskFile } from '../task/task-file.ts';

/** A task that is being made. */
export interface Making {
  readonly request: GentaskRequest;
  /** Send it when it is made (BZ-01). */
  readonly thenSend: boolean;
  /** Made; what is left is to send it. */
  readonly isMade?: boolean;
}

/**
 * Where what belongs to a task is kept: its torrents, when its serving began. Keyed by the task's name and by what it is made of, so that
 * a task made anew starts anew.
 */
export class TaskRecords {
  readonly #root: string;

  /** A node that sends and receives may have a task of one name in both directions. */
  constructor(root: string, direction: 'received' | 'sent') {
    this.#root = join(root, direction);
  }

  directory(name: string, task: TaskFile): string {
    return join(this.#root, name, taskIdentity(task));
  }

  /** Forgets what was kept of other tasks under this name. */
  async keepOnly(name: string, task: TaskFile): Promise<void> {
    const own = taskIdentity(task);
    for (const entry of (await readdir(join(this.#root, name)).catch(notThere)) ?? []) {
      if (entry !== own) await removeDurable(join(this.#root, name, entry));
    }
  }

  /** Remembers what the package's files were when the task was made. */
  async saveSource(name: string, task: TaskFile, files: readonly PackageFile[]): Promise<void> {
    await makeDirectory(this.directory(name, task));
    await writeDurable(this.#sourcePath(name, task), JSON.stringify(files));
  }

  /** Those files, if the task was made here. */
  async source(name: string, task: TaskFile): Promise<readonly PackageFile[]> {
    const text = await readFile(this.#sourcePath(name, task), 'utf8').catch(notThere);
    return text === undefined ? [] : (JSON.parse(text) as PackageFile[]);
  }

  #sourcePath(name: string, task: TaskFile): string {
    return join(this.directory(name, task), 'source.json');
  }

  /** The serving begins anew. */
  async renewServing(name: string, task: TaskFile): Promise<void> {
    await removeDurable(join(this.directory(name, task), 'serving-since'));
  }

  /** Keeps what gentask was asked for until it is done: a restart goes on with it. Readable by this user only, since it may hold access keys. */
  async saveMaking(making: Making): Promise<void> {
    await makeDirectory(this.#makings);
    await writeDurable(this.#makingPath(making.request.taskfile), JSON.stringify(making), 0o600);
  }

  async dropMaking(taskfile: string): Promise<void> {
    await removeDurable(this.#makingPath(taskfile));
  }

  /** What was asked for and is not done. */
  async makings(): Promise<Making[]> {
    const names = ((await readdir(this.#makings).catch(notThere)) ?? []).filter(name => name.endsWith('.json'));
    return await Promise.all(
      names.map(async name => JSON.parse(await readFile(join(this.#makings, name), 'utf8')) as Making),
    );
  }

  get #makings(): string {
    return join(dirname(this.#root), 'makings');
  }

  #makingPath(taskfile: string): string {
    return join(this.#makings, `${createHash('sha1').update(taskfile).digest('hex')}.json`);
  }

  /** Keeps access keys that were given for one task, readable by this user only. */
  async saveObsKeys(name: string, keys: ObsKeys): Promise<void> {
    await makeDirectory(dirname(this.#keysPath(name)));
    await writeDurable(this.#keysPath(name), JSON.stringify(keys), 0o600);
  }

  async dropObsKeys(name: string): Promise<void> {
    await removeDurable(this.#keysPath(name));
  }

  async obsKeys(name: string): Promise<ObsKeys | undefined> {
    const text = await readFile(this.#keysPath(name), 'utf8').catch(notThere);
    return text === undefined ? undefined : (JSON.parse(text) as ObsKeys);
  }

  #keysPath(name: string): string {
    return join(dirname(this.#root), 'obs-keys', `${name}.json`);
  }

  /** Forgets all that was kept of tasks of this name. */
  async forget(name: string): Promise<void> {
    await removeDurable(join(this.#root, name));
  }

  /** When the task's serving began, ms since the epoch; set at the first call. */
  async servingSince(name: string, task: TaskFile, now: number): Promise<number> {
    const path = join(this.directory(name, task), 'serving-since');
    const text = await readFile(path, 'utf8').catch(notThere);
    const since = Number(text);
    if (text !== undefined && Number.isFinite(since)) return since;
    await makeDirectory(this.directory(name, task));
    await writeDurable(path, String(now));
    return now;
  }
}
