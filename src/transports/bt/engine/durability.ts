import { dirname } from 'node:path';
import { syncDirectory } from '../../../disk/durable.ts';
import type { OpenFiles } from './open-files.ts';

/** What was not spoken of before a kill of the daemon is fetched again. */
const SAY_MS = 50;

interface Components {
  readonly openFiles: OpenFiles;
  /** These pieces are written, and lost in a power cut. */
  readonly onWritten: (pieces: number[]) => void;
  /** These pieces will survive a power cut. */
  readonly onDurable: (pieces: number[]) => void;
  /** A sync failed: what was written since the last good one may be lost. Called once; nothing is reported after it. */
  readonly onFailed: (error: unknown) => void;
}

/** Turns written pieces into durable ones: a sync of the files they touched, for many pieces at once. Says so of written ones sooner, and as well. */
export class Durability {
  readonly #components: Components;
  readonly #intervalMs: number;
  /** Files that this torrent wrote to: the names of new ones need a sync of their directory, once. */
  readonly #named = new Set<string>();
  #pieces: number[] = [];
  /** Of them, those that were not spoken of yet. */
  #unsaid: number[] = [];
  #paths = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #sayTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #state: 'good' | 'failed' = 'good';

  constructor(components: Components, { intervalMs = 1000 }: { intervalMs?: number } = {}) {
    this.#components = components;
    this.#intervalMs = intervalMs;
  }

  /** A piece was written to these files; it is synced and reported within the interval, and as written much sooner. */
  written(piece: number, paths: readonly string[]): void {
    this.#pieces.push(piece);
    this.#unsaid.push(piece);
    this.#sayTimer ??= setTimeout(() => this.#say(), Math.min(SAY_MS, this.#intervalMs / 4));
    for (const path of paths) this.#paths.add(path);
    this.#timer ??= setTimeout(() => void this.flush(), this.#intervalMs);
  }

  /** Syncs what was written so far; resolves when it has been reported as durable or as failed. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#say();
    const [pieces, paths] = [this.#pieces, this.#paths];
    this.#pieces = [];
    this.#paths = new Set();
    this.#syncing = this.#syncing.then(() => this.#sync(pieces, paths));
    return this.#syncing;
  }

  #say(): void {
    clearTimeout(this.#sayTimer);
    this.#sayTimer = undefined;
    const pieces = this.#unsaid;
    this.#unsaid = [];
    if (pieces.length > 0) this.#components.onWritten(pieces);
  }

  async #sync(pieces: number[], paths: ReadonlySet<string>): Promise<void> {
    if (this.#state === 'failed' || pieces.length === 0) return;
    try {
      for (const path of paths) await this.#components.openFiles.use(path, 'write', handle => handle.datasync());
      await this.#syncNames(paths);
    } catch (error) {
      this.#state = 'failed';
      this.#components.onFailed(error);
      return;
    }
    this.#components.onDurable(pieces);
  }

  async #syncNames(paths: ReadonlySet<string>): Promise<void> {
    const fresh = [...paths].filter(path => !this.#named.has(path));
    for (const directory of new Set(fresh.map(path => dirname(path)))) await syncDirectory(directory);
    for (const path of fresh) this.#named.add(path);
  }
}
