import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { errno } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';

/** The kernel watches no more, or the process may have no more open. */
const NO_MORE = ['ENOSPC', 'EMFILE', 'ENFILE'];

interface WatchOptions {
  /** Something changed in this directory, or it is gone. */
  readonly onChange: (directory: string) => void;
  /** Nothing is watched from now on. */
  readonly onEnd: () => void;
}

/**
 * Says in which directories of the storage something changes (BH-02); looks find the directories. One watch each and none for files: a million files would not
 * fit. Not by chokidar, which lists a directory anew, with the state of every file, for each event in it: while a file is written beside 20,000 others
 * that takes most of an event loop.
 */
export class StorageWatch {
  readonly #log: Logger;
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #isOver = false;

  constructor({ log }: { log: Logger }, options: WatchOptions) {
    this.#log = log;
    this.#options = options;
  }

  get isWatching(): boolean {
    return !this.#isOver;
  }

  /** Whether this directory is watched, or none is. */
  has(directory: string): boolean {
    return this.#isOver || this.#watchers.has(directory);
  }

  /** To be called before a directory is looked at, so that nothing is lost in between. What cannot be watched is seen by the looks at everything. */
  ensure(directory: string): void {
    if (this.#isOver || this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, (event, name) => this.#onEvent(directory, event, name));
      watcher.on('error', () => this.drop(directory));
      this.#watchers.set(directory, watcher);
    } catch (error) {
      if (NO_MORE.includes(errno(error) ?? '')) this.#giveUp(error);
      else this.#log.debug({ directory, err: error }, 'a directory of the storage cannot be watched');
    }
  }

  /** A directory that is gone, and what was below it: the watches of what moved would tell of the old places. */
  drop(directory: string): void {
    for (const [path, watcher] of this.#watchers) {
      if (path !== directory && !path.startsWith(`${directory}/`)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }

  close(): void {
    this.#isOver = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #onEvent(directory: string, event: string, name: string | null): void {
    // That is how a directory tells that it went itself: another may take its place before anybody looks.
    if (event === 'rename' && name === basename(directory)) this.drop(directory);
    this.#options.onChange(directory);
  }

  #giveUp(error: unknown): void {
    const hint = 'raise fs.inotify.max_user_watches; until the next start everything is looked at every few minutes';
    const directories = this.#watchers.size;
    this.#log.warn({ err: error, directories }, `the storage has too many directories to be watched: ${hint}`);
    this.close();
    this.#options.onEnd();
  }
}
