import { EventEmitter } from 'node:events';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BftError, errno, notThere } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory, removeDurable, removeTemporaries, renameDurable, writeDurable } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import { type FileState, isSameState, stateOf } from '../disk/file-state.ts';
import { parseTaskFile, serializeTaskFile, type TaskFile } from '../task/task-file.ts';

const SUFFIX = '.task.json';
const MAX_TASK_BYTES = 64 * 1024 * 1024;

export interface StateChange<State extends string> {
  readonly name: string;
  readonly from: State | undefined;
  /** Undefined: the task was removed. */
  readonly to: State | undefined;
}

interface Found<State extends string> {
  readonly state: State;
  readonly info: FileState;
}

/**
 * The tasks of one direction: a directory is a state, a task file in it is a task in that state, and a transition is a durable rename. The one place
 * that changes a task's state; it says so by the event `changed`.
 */
export class TaskStore<State extends string>
  extends EventEmitter<{ changed: [StateChange<State>] }>
  implements Startable
{
  readonly name: string;
  readonly root: string;
  readonly #states: readonly State[];
  readonly #log: Logger;
  /** Tasks of the first state that this daemon put there, or that have been taken in: these are whole. */
  readonly #whole = new Set<string>();
  /** Who watches a task asks for it again and again. */
  #lastRead: { readonly path: string; readonly info: FileState; readonly task: TaskFile } | undefined;

  constructor({ log }: { log: Logger }, { root, states }: { root: string; states: readonly State[] }) {
    super();
    // Every recv that waits for a copy listens for a while.
    this.setMaxListeners(0);
    this.name = `tasks in ${root}`;
    this.root = root;
    this.#states = states;
    this.#log = log;
  }

  /** Makes the directories, removes what interrupted writes left, and settles tasks that lie in two states: the later one wins (decision 17). */
  async start(): Promise<void> {
    for (const directory of ['tmp', 'corrupt', ...this.#states]) await makeDirectory(join(this.root, directory));
    for (const state of this.#states) await removeTemporaries(join(this.root, state));
    const seen = new Set<string>();
    for (const state of this.#states.toReversed()) {
      for (const name of await this.list(state)) {
        if (seen.has(name)) await this.#quarantine(state, name, 'the same task lies in a later state directory');
        seen.add(name);
      }
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  directory(state: State): string {
    return join(this.root, state);
  }

  path(state: State, name: string): string {
    return join(this.root, state, name);
  }

  /** A path beside the task's file for what belongs to it in this state (`.err`, …). */
  sidecar(state: State, name: string, suffix: string): string {
    return join(this.root, state, `${name.slice(0, -SUFFIX.length)}${suffix}`);
  }

  /** Names of the tasks in a state, oldest first. */
  async list(state: State): Promise<string[]> {
    const names = (await readdir(this.directory(state))).filter(isTaskFileName);
    const aged = await Promise.all(
      names.map(async name => ({
        name,
        age: await lstat(this.path(state, name)).then(
          info => (info.isFile() ? info.mtimeMs : undefined),
          () => undefined,
        ),
      })),
    );
    const there = aged.filter(({ age }) => age !== undefined);
    return there.sort((a, b) => Number(a.age) - Number(b.age) || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
  }

  /** How many tasks are in a state. */
  async count(state: State): Promise<number> {
    return (await readdir(this.directory(state))).filter(isTaskFileName).length;
  }

  /** Those of them that may be taken on: not what somebody may still be writing. */
  async ready(state: State): Promise<string[]> {
    return (await this.list(state)).filter(name => this.#whole.has(name));
  }

  /** Whether that holds for this task. */
  async isReady(state: State, name: string): Promise<boolean> {
    return this.#whole.has(name) && (await this.#isThere(state, name));
  }

  /**
   * Takes in a task file that somebody put into the first state by hand and that is whole now. One that is no task goes to `corrupt/` (decision
   * 16), and so does one whose task is in a later state already (decision 17). Throws when it cannot be opened: later it may be.
   */
  async takeIn(state: State, name: string): Promise<void> {
    const info = await lstat(this.path(state, name)).catch(notThere);
    if (!info || this.#whole.has(name)) return;
    if (!info.isFile()) return this.#log.warn({ task: name, state }, 'not a regular file: it is not taken in');
    const later = await this.find(name);
    if (later !== undefined && later !== state) {
      return await this.#quarantine(state, name, `the same task lies in ${later}; cancel or receive it by the API`);
    }
    try {
      await readTaskFile(this.path(state, name));
    } catch (error) {
      if (isGone(error)) return;
      if (!isNoTask(error)) throw error;
      return await this.#quarantine(state, name, reasonOf(error));
    }
    this.#changed({ name, from: undefined, to: state });
  }

  /** Task files in the first state that have not been taken in. */
  async strangers(state: State): Promise<string[]> {
    const names = (await readdir(this.directory(state))).filter(name => isTaskFileName(name) && !this.#whole.has(name));
    const there = await Promise.all(names.map(name => this.#isThere(state, name)));
    return names.filter((_, index) => there[index]);
  }

  /** Forgets a task file that somebody took out of the first state by hand. */
  async letGo(state: State, name: string): Promise<void> {
    if (this.#whole.has(name) && !(await this.#isThere(state, name))) this.#whole.delete(name);
  }

  /** The state a task is in; the later one if a person put it into two. */
  async find(name: string): Promise<State | undefined> {
    return (await this.#lookUp(name))?.state;
  }

  /** A task that moves meanwhile may be missed by the first look, which is a quick one, and one that moves back by the second. */
  async #lookUp(name: string): Promise<Found<State> | undefined> {
    return (await this.#glance(name)) ?? (await this.#look(name)) ?? (await this.#look(name));
  }

  /** The task with the state it is in, both of one moment; without the task while somebody may still be writing it. */
  async get(name: string): Promise<{ state: State; task: TaskFile | undefined } | undefined> {
    for (;;) {
      const found = await this.#lookUp(name);
      if (found === undefined) return undefined;
      const { state, info } = found;
      if (this.#isUnsettled(state, name)) return { state, task: undefined };
      const known = this.#lastRead;
      if (known?.path === this.path(state, name) && isSameState(known.info, info)) return { state, task: known.task };
      try {
        const task = await this.read(state, name);
        this.#lastRead = { path: this.path(state, name), info: stateOf(info), task };
        return { state, task };
      } catch (error) {
        // It moved between the two steps.
        if (!isGone(error)) throw error;
      }
    }
  }

  /** Put into the first state by hand, and not taken in yet. */
  #isUnsettled(state: State, name: string): boolean {
    return state === this.#states[0] && !this.#whole.has(name);
  }

  /** All states at once. */
  async #glance(name: string): Promise<Found<State> | undefined> {
    const looks = await Promise.all(this.#states.map(state => this.#lookAt(state, name)));
    return looks.findLast(found => found !== undefined);
  }

  /** From front to back, so that a task that moves on meanwhile is met again. */
  async #look(name: string): Promise<Found<State> | undefined> {
    let found: Found<State> | undefined;
    for (const state of this.#states) found = (await this.#lookAt(state, name)) ?? found;
    return found;
  }

  async #lookAt(state: State, name: string): Promise<Found<State> | undefined> {
    const info = await lstat(this.path(state, name)).catch(notThere);
    return info?.isFile() ? { state, info } : undefined;
  }

  async #isThere(state: State, name: string): Promise<boolean> {
    return (await this.#lookAt(state, name)) !== undefined;
  }

  /**
   * Reads a task. One that is none is moved to `corrupt/` with the reason beside it (decision 16), unless somebody may still be writing it; the error is
   * thrown.
   */
  async read(state: State, name: string): Promise<TaskFile> {
    try {
      return await readTaskFile(this.path(state, name));
    } catch (error) {
      if (isNoTask(error) && !this.#isUnsettled(state, name)) await this.#quarantine(state, name, reasonOf(error));
      throw error;
    }
  }

  /** Enters a new task. Durable when it resolves. */
  async submit(state: State, name: string, task: TaskFile): Promise<void> {
    await writeDurable(this.path(state, name), serializeTaskFile(task), 0o600);
    this.#changed({ name, from: undefined, to: state });
  }

  /** Moves a task, with what it says from then on. It is never in two directories: rewritten in place first, then renamed. */
  async move(name: string, from: State, to: State, task?: TaskFile): Promise<void> {
    if (task) await this.write(from, name, task);
    await renameDurable(this.path(from, name), this.path(to, name));
    this.#changed({ name, from, to });
  }

  async write(state: State, name: string, task: TaskFile): Promise<void> {
    await writeDurable(this.path(state, name), serializeTaskFile(task), 0o600);
  }

  async remove(state: State, name: string): Promise<void> {
    await removeDurable(this.path(state, name));
    this.#changed({ name, from: state, to: undefined });
  }

  async #quarantine(state: State, name: string, reason: string): Promise<void> {
    const target = await this.#freeCorruptPath(name);
    try {
      await renameDurable(this.path(state, name), target);
    } catch (error) {
      // Somebody else who read it was faster.
      return notThere(error);
    }
    await writeDurable(`${target.slice(0, -SUFFIX.length)}.err`, `${reason}\n`);
    this.#log.error({ task: name, state, code: 'TASK_FILE_INVALID' }, `task file moved to ${target}: ${reason}`);
    this.#changed({ name, from: state, to: undefined });
  }

  /** What was put away earlier under this name stays. */
  async #freeCorruptPath(name: string): Promise<string> {
    const stem = name.slice(0, -SUFFIX.length);
    let path = join(this.root, 'corrupt', name);
    for (let n = 2; await exists(path); n++) path = join(this.root, 'corrupt', `${stem.slice(0, 220)}.${n}${SUFFIX}`);
    return path;
  }

  #changed(change: StateChange<State>): void {
    if (change.to === this.#states[0]) this.#whole.add(change.name);
    else this.#whole.delete(change.name);
    this.#lastRead = undefined;
    this.#log.info({ task: change.name, from: change.from, to: change.to }, 'task state');
    this.emit('changed', change);
  }
}

const isNoTask = (error: unknown): error is BftError => error instanceof BftError && error.code === 'TASK_FILE_INVALID';
const isGone = (error: unknown): boolean => error instanceof BftError && errno(error.cause) === 'ENOENT';
const reasonOf = ({ cause, message }: BftError): string => (cause instanceof Error ? cause.message : message);

/** Whether a name in a state directory is a task file's: neither hidden nor something beside one. */
export const isTaskFileName = (name: string): boolean => name.endsWith(SUFFIX) && !name.startsWith('.');

/** Reads a task file from any path, bounded. Throws TASK_FILE_MISSING or TASK_FILE_INVALID, with the texts of the protocol (BS-11, BS-12). */
export async function readTaskFile(path: string): Promise<TaskFile> {
  if (path.includes('\0')) throw new BftError('NAME_UNSAFE', `unsafe path ${JSON.stringify(path.slice(0, 200))}`);
  const text = await readBounded(path);
  try {
    return parseTaskFile(text);
  } catch (cause) {
    throw new BftError('TASK_FILE_INVALID', `invalid json format:${path}`, { cause });
  }
}

async function readBounded(path: string): Promise<string> {
  try {
    const info = await stat(path);
    // A device or a pipe would be read without end.
    if (!info.isFile())
      throw new BftError('TASK_FILE_MISSING', `open json file error:open ${path}: not a regular file`);
    if (info.size > MAX_TASK_BYTES) throw new BftError('TASK_FILE_INVALID', `invalid json format:${path}`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof BftError) throw cause;
    const why = errno(cause) === 'ENOENT' ? 'no such file or directory' : (errno(cause) ?? 'unreadable');
    throw new BftError('TASK_FILE_MISSING', `open json file error:open ${path}: ${why}`, { cause });
  }
}
