import { basename } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { isTaskFileName, type TaskStore } from './task-store.ts';

/** A file that somebody is writing is left alone until it has been unchanged for so long (decision 16). */
const UNCHANGED_MS = 2000;
/** One that cannot be opened is looked at again: somebody may give the rights that it lacks. */
const LOOK_AGAIN_MS = 30_000;

/** Takes in the task files that people put into a state directory by hand (BD-07, BR-02); also those that lay there at the start. */
export class QueueWatch<State extends string> implements Startable {
  readonly name: string;
  readonly #store: TaskStore<State>;
  readonly #state: State;
  readonly #log: Logger;
  readonly #lookAgainMs: number;
  /** What may still be written, by name. */
  readonly #settling = new Map<string, NodeJS.Timeout>();
  #watcher: FSWatcher | undefined;
  #sweeping: NodeJS.Timeout | undefined;

  constructor({ store, log }: { store: TaskStore<State>; log: Logger }, state: State, lookAgainMs = LOOK_AGAIN_MS) {
    this.name = `watch of ${store.directory(state)}`;
    this.#store = store;
    this.#state = state;
    this.#log = log;
    this.#lookAgainMs = lookAgainMs;
  }

  async start(): Promise<void> {
    await this.#watch(false);
    this.#sweeping = setInterval(() => void this.#sweep(), this.#lookAgainMs);
  }

  async stop(): Promise<void> {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    clearInterval(this.#sweeping);
    await watcher?.close();
    for (const timer of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
  }

  /** Resolves when it watches. What was put there while it began is found by a look of its own. */
  async #watch(usePolling: boolean): Promise<void> {
    const directory = this.#store.directory(this.#state);
    const watcher = watch(directory, {
      depth: 0,
      followSymlinks: false,
      usePolling,
      ignored: path => path !== directory && !isTaskFileName(basename(path)),
    });
    this.#watcher = watcher;
    for (const event of ['add', 'change'] as const) watcher.on(event, path => this.#settle(basename(path)));
    watcher.on('unlink', path => void this.#letGo(basename(path)));
    const { promise: isReady, resolve } = Promise.withResolvers<void>();
    watcher.once('ready', resolve);
    watcher.on('error', error => {
      resolve();
      void this.#poll(watcher, usePolling, error);
    });
    await isReady;
    await this.#sweep();
  }

  /** Events of the file system can be lost; a task that somebody put there must not be. */
  async #sweep(): Promise<void> {
    try {
      for (const name of await this.#store.strangers(this.#state)) {
        if (this.#watcher && !this.#settling.has(name)) this.#settle(name);
      }
    } catch (error) {
      this.#log.error({ err: error }, `${this.name}: the directory cannot be listed; tried again in a while`);
    }
  }

  /** Some file systems cannot be watched, and the kernel's watches are limited: then it looks by itself. */
  async #poll(watcher: FSWatcher, wasPolling: boolean, error: unknown): Promise<void> {
    this.#log.warn({ err: error }, `${this.name} failed; ${wasPolling ? 'it goes on' : 'it polls from now on'}`);
    if (wasPolling || this.#watcher !== watcher) return;
    await Promise.all([this.#watch(true), watcher.close()]);
  }

  /** Not by the library's own wait, which looks at the size alone and at a clock that may jump. */
  #settle(name: string, ms = UNCHANGED_MS): void {
    clearTimeout(this.#settling.get(name));
    this.#settling.set(
      name,
      setTimeout(() => void this.#takeIn(name), ms),
    );
  }

  async #takeIn(name: string): Promise<void> {
    this.#settling.delete(name);
    try {
      await this.#store.takeIn(this.#state, name);
    } catch (error) {
      this.#log.error({ task: name, err: error }, `${this.name}: the task cannot be taken in; tried again in a while`);
      if (this.#watcher && !this.#settling.has(name)) this.#settle(name, this.#lookAgainMs);
    }
  }

  async #letGo(name: string): Promise<void> {
    await this.#store.letGo(this.#state, name).catch((error: unknown) => {
      this.#log.error({ task: name, err: error }, `${this.name}: whether the task is there cannot be seen`);
    });
  }
}
