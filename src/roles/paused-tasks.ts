import { dirname } from 'node:path';
import { Type } from 'typebox';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { validator } from '../core/validate.ts';
import { makeDirectory, writeDurable } from '../disk/durable.ts';
import type { StateChange, TaskStore } from '../queue/task-store.ts';
import { readRecord } from './record-file.ts';

const check = validator(Type.Array(Type.String()));

interface Options<State extends string> {
  /** Where the names of the paused tasks are kept. */
  readonly path: string;
  /** In which a task can be paused. One that leaves them is paused no more. */
  readonly states: readonly State[];
}

/** The tasks of one direction that an operator paused: they stay where they are until they are resumed, also over restarts. Starts after the store. */
export class PausedTasks<State extends string> implements Startable {
  readonly name = 'paused tasks';
  readonly #store: TaskStore<State>;
  readonly #log: Logger;
  readonly #options: Options<State>;
  #names: ReadonlySet<string> = new Set();
  #saving: Promise<void> = Promise.resolve();
  readonly #onChange = ({ name, to }: StateChange<State>) => this.#follow(name, to);

  constructor({ store, log }: { store: TaskStore<State>; log: Logger }, options: Options<State>) {
    this.#store = store;
    this.#log = log;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#names = await this.#fitting((await readRecord(this.#options.path, check, 'CONFIG_INVALID')) ?? []);
    this.#store.on('changed', this.#onChange);
  }

  async stop(): Promise<void> {
    this.#store.off('changed', this.#onChange);
    await this.#saving;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  canPause(state: State): boolean {
    return this.#options.states.includes(state);
  }

  /** Durable when it resolves. */
  add(name: string): Promise<void> {
    return this.#save(names => [...names, name]);
  }

  /** Durable when it resolves. */
  async remove(name: string): Promise<void> {
    await this.#save(names => names.filter(other => other !== name));
  }

  #save(change: (names: string[]) => string[]): Promise<void> {
    const saving = this.#saving.then(async () => {
      const names = await this.#fitting(change([...this.#names]));
      if (names.size === this.#names.size && [...names].every(name => this.has(name))) return;
      await makeDirectory(dirname(this.#options.path));
      await writeDurable(this.#options.path, JSON.stringify([...names]));
      this.#names = names;
    });
    this.#saving = saving.catch(() => {});
    return saving;
  }

  /** The marks of tasks that are gone go with them. */
  async #fitting(names: readonly string[]): Promise<Set<string>> {
    const fitting = new Set<string>();
    for (const name of names) {
      const state = await this.#store.find(name);
      if (state !== undefined && this.canPause(state)) fitting.add(name);
    }
    return fitting;
  }

  #follow(name: string, to: State | undefined): void {
    if (!this.has(name) || (to !== undefined && this.canPause(to))) return;
    this.remove(name).catch((error: unknown) =>
      this.#log.error({ task: name, err: error }, 'that the task is paused no more cannot be noted'),
    );
  }
}
