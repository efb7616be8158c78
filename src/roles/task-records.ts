import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Type } from 'typebox';
import { BftError, errno, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { validator } from '../core/validate.ts';
import { makeDirectory, removeDurable, renameDurable, writeDurable } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import type { PackageFile } from '../disk/walk.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { taskIdentity } from '../task/identity.ts';
import type { ObsKeys, TaskFile } from '../task/task-file.ts';
import { reportSchema, type TransferReport } from '../transfer/report.ts';
import { readRecord } from './record-file.ts';

/** A task that is being made. */
export interface Making {
  readonly request: GentaskRequest;
  /** Send it when it is made (BZ-01). */
  readonly thenSend: boolean;
  /** Made; what is left is to send it. */
  readonly isMade?: boolean;
}

const text = Type.String();
const optional = Type.Optional(text);
const checkMaking = validator(
  Type.Object({
    request: Type.Object({
      dcppath: text,
      taskfile: text,
      basesubdir: text,
      btobscdn: text,
      policy: text,
      tracker: optional,
      seedtime: optional,
      datasource: optional,
      obsurl: optional,
      ak: optional,
      sk: optional,
      endpoint: optional,
      deadline: optional,
      deloldtorrent: Type.Boolean(),
    }),
    thenSend: Type.Boolean(),
    isMade: Type.Optional(Type.Boolean()),
  }),
);
const checkKeys = validator(Type.Object({ accessKey: text, secretKey: text, endpoint: text }));
const checkReport = validator(reportSchema);
const checkSource = validator(
  Type.Array(Type.Object({ path: text, size: Type.Number(), mtimeMs: Type.Number(), ino: Type.Number() })),
);
/** A copy of the package elsewhere has another time of change. */
type SourceFile = Omit<PackageFile, 'ctimeMs'>;

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
  async saveSource(name: string, task: TaskFile, files: readonly SourceFile[]): Promise<void> {
    await makeDirectory(this.directory(name, task));
    await writeDurable(this.#sourcePath(name, task), JSON.stringify(files));
  }

  /** Those files, if the task was made here. Throws SOURCE_UNREADABLE: unknown files are not offered as those that were hashed. */
  async source(name: string, task: TaskFile): Promise<readonly SourceFile[]> {
    return (await readRecord(this.#sourcePath(name, task), checkSource, 'SOURCE_UNREADABLE')) ?? [];
  }

  #sourcePath(name: string, task: TaskFile): string {
    return join(this.directory(name, task), 'source.json');
  }

  /** Remembers what the transfer moved, and by what. */
  async saveReport(name: string, task: TaskFile, report: TransferReport): Promise<void> {
    await makeDirectory(this.directory(name, task));
    await writeDurable(this.#reportPath(name, task), JSON.stringify(report));
  }

  /** Undefined also for one that cannot be read: nothing depends on it. */
  report(name: string, task: TaskFile): Promise<TransferReport | undefined> {
    return readRecord(this.#reportPath(name, task), checkReport, 'INTERNAL').catch(() => undefined);
  }

  #reportPath(name: string, task: TaskFile): string {
    return join(this.directory(name, task), 'transfer.json');
  }

  /** The serving begins anew. */
  async renewServing(name: string, task: TaskFile): Promise<void> {
    const path = join(this.directory(name, task), 'serving-since');
    if (await exists(path)) await removeDurable(path);
  }

  /** Keeps what gentask was asked for until it is done: a restart goes on with it. Readable by this user only, since it may hold access keys. */
  async saveMaking(making: Making): Promise<void> {
    await makeDirectory(this.#makings);
    await writeDurable(this.#makingPath(making.request.taskfile), JSON.stringify(making), 0o600);
  }

  async dropMaking(taskfile: string): Promise<void> {
    await removeDurable(this.#makingPath(taskfile));
  }

  /** What was asked for and is not done. What is damaged is set aside as `*.bad`. */
  async makings(log: Logger): Promise<Making[]> {
    const makings: Making[] = [];
    for (const name of (await readdir(this.#makings).catch(notThere)) ?? []) {
      if (!name.endsWith('.json')) continue;
      const path = join(this.#makings, name);
      try {
        const making = await readRecord(path, checkMaking, 'INTERNAL');
        if (making) makings.push(making);
      } catch (error) {
        log.error({ err: error }, `what gentask was asked for cannot be read: ${path}`);
        // A disk that cannot be read right now has damaged nothing.
        const cause = error instanceof BftError ? errno(error.cause) : undefined;
        if (cause !== undefined && cause !== 'EISDIR') continue;
        await setAside(path).catch((cause: unknown) => log.error({ err: cause }, `${path} cannot be set aside`));
      }
    }
    return makings;
  }

  get #makings(): string {
    return join(dirname(this.#root), 'makings');
  }

  #makingPath(taskfile: string): string {
    return join(this.#makings, `${createHash('sha1').update(taskfile).digest('hex')}.json`);
  }

  /** Keeps access keys that were given for one task, readable by this user only. */
  async saveObsKeys(name: string, task: TaskFile, keys: ObsKeys): Promise<void> {
    await makeDirectory(this.directory(name, task));
    await writeDurable(this.#keysPath(name, task), JSON.stringify(keys), 0o600);
  }

  async dropObsKeys(name: string, task: TaskFile): Promise<void> {
    if (await exists(this.#keysPath(name, task))) await removeDurable(this.#keysPath(name, task));
  }

  /** Those of tasks of this name that this one takes the place of. */
  async dropOtherObsKeys(name: string, task: TaskFile): Promise<void> {
    const own = this.#keysPath(name, task);
    for (const identity of (await readdir(join(this.#root, name)).catch(notThere)) ?? []) {
      const directory = join(this.#root, name, identity);
      const keys = (await readdir(directory)).filter(file => file.startsWith('obs-keys-'));
      for (const file of keys) if (join(directory, file) !== own) await removeDurable(join(directory, file));
    }
  }

  /** Throws OBS_CREDENTIALS when they cannot be read. */
  obsKeys(name: string, task: TaskFile): Promise<ObsKeys | undefined> {
    return readRecord(this.#keysPath(name, task), checkKeys, 'OBS_CREDENTIALS');
  }

  /** By the time of making, too: one that was made again of the same files is another's when this one ends. */
  #keysPath(name: string, task: TaskFile): string {
    return join(this.directory(name, task), `obs-keys-${(task.gentime ?? '').replaceAll(/\D/g, '')}.json`);
  }

  /** Forgets all that was kept of tasks of this name. */
  async forget(name: string): Promise<void> {
    await removeDurable(join(this.#root, name));
  }

  /** Forgets what was kept of this task alone. */
  async forgetTask(name: string, task: TaskFile): Promise<void> {
    await removeDurable(this.directory(name, task));
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

async function setAside(path: string): Promise<void> {
  await removeDurable(`${path}.bad`);
  await renameDurable(path, `${path}.bad`);
}
