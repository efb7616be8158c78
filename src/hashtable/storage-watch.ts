import { basename } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { errno } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { isRecordedDirectory } from './recorded.ts';

/** The kernel watches no more, or the process may have no more open. */
const NO_MORE = ['ENOSPC', 'EMFILE', 'ENFILE'];

interface WatchOptions {
  readonly root: string;
  /** Directories in which nothing is to be recorded, though they lie in the storage. */
  readonly isExcluded: (directory: string) => boolean;
  /** Something changed in this directory, or it is new or gone. */
  readonly onChange: (directory: string) => void;
  /** Nothing is watched from now on. */
  readonly onEnd: () => void;
}

/**
 * Says in which directories of the storage something changes (BH-02). Directories are watched, not files: a million files would not fit. What changed is
 * for others to see.
 */
export class StorageWatch {
  readonly #log: Logger;
  readonly #options: WatchOptions;
  readonly #directories = new Set<string>();
  #watcher: FSWatcher | undefined;
  #isReady = false;

  constructor({ log }: { log: Logger }, options: WatchOptions) {
    this.#log = log;
    this.#options = options;
  }

  /** Resolves when what is there is watched, or when nothing can be. */
  async start(): Promise<void> {
    const { promise: isReady, resolve } = Promise.withResolvers<void>();
    const { root, onChange } = this.#options;
    const watcher = watch(root, { followSymlinks: false, ignored: (path, stats) => this.#isIgnored(path, stats) });
    this.#watcher = watcher;
    watcher.on('raw', (_event, _name, details) => {
      // Which directory's watch it was: the library says so, but has no type for it.
      const { watchedPath } = details as { readonly watchedPath?: string };
      if (watchedPath !== undefined) onChange(watchedPath);
    });
    watcher.on('addDir', path => {
      this.#directories.add(path);
      if (this.#isReady) onChange(path);
    });
    watcher.on('unlinkDir', path => {
      this.#directories.delete(path);
      onChange(path);
    });
    watcher.once('ready', resolve);
    watcher.on('error', error => {
      if (!NO_MORE.includes(errno(error) ?? ''))
        this.#log.warn({ err: error }, 'a directory of the storage cannot be watched');
      else void this.#giveUp(error, resolve);
    });
    await isReady;
    this.#isReady = true;
  }

  /** A directory that a look found. Gives whether it was not watched yet: it may have come while its parent was only being listed. */
  ensure(directory: string): boolean {
    if (!this.#watcher || this.#directories.has(directory)) return false;
    this.#directories.add(directory);
    this.#watcher.add(directory);
    return true;
  }

  get isWatching(): boolean {
    return this.#watcher !== undefined;
  }

  async close(): Promise<void> {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    this.#directories.clear();
    await watcher?.close();
  }

  async #giveUp(error: unknown, done: () => void): Promise<void> {
    if (!this.#watcher) return;
    const hint = 'raise fs.inotify.max_user_watches; until the next start everything is looked at every few minutes';
    this.#log.warn(
      { err: error, directories: this.#directories.size },
      `the storage has too many directories to be watched: ${hint}`,
    );
    await this.close();
    this.#options.onEnd();
    done();
  }

  #isIgnored(path: string, stats: { isDirectory(): boolean } | undefined): boolean {
    if (path === this.#options.root) return false;
    if (stats && !stats.isDirectory()) return true;
    return !isRecordedDirectory(basename(path)) || this.#options.isExcluded(path);
  }
}
