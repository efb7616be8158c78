import { stat } from 'node:fs/promises';
import { type Source, SOURCES } from '../core/method.ts';
import { LedgerFile } from './ledger-file.ts';
import type { Entry } from './ledger-journal.ts';

/** The package as the ledger sees it. */
export interface LedgerFiles {
  /** Bytes; undefined for what is not of the package. */
  readonly size: (file: string) => number | undefined;
  /** Where the file is staged. */
  readonly path: (file: string) => string;
}

/** The files that a ledger knows, and the sums of their bytes. */
export class LedgerContent {
  readonly #files: LedgerFiles;
  readonly #known = new Map<string, LedgerFile>();
  readonly #bytes = new Map<Source, number>();
  readonly #partlyLocal = new Set<string>();

  constructor(files: LedgerFiles) {
    this.#files = files;
  }

  get(name: string): LedgerFile | undefined {
    return this.#known.get(name);
  }

  /** Verified bytes of all files by where they came from. */
  bytes(source: Source): number {
    return this.#bytes.get(source) ?? 0;
  }

  /** Files of which a part, and not all, was here already. */
  get partlyLocal(): ReadonlySet<string> {
    return this.#partlyLocal;
  }

  /** Changes a file, known or not, unless it is not of the package. */
  change(name: string, change: (file: LedgerFile) => void): void {
    const file = this.#fileOf(name);
    if (!file) return;
    const before = SOURCES.map(source => file.bytes(source));
    change(file);
    for (const [index, source] of SOURCES.entries())
      this.#bytes.set(source, this.bytes(source) + file.bytes(source) - (before[index] ?? 0));
    const local = file.bytes('local');
    if (local > 0 && local < (this.#files.size(name) ?? 0)) this.#partlyLocal.add(name);
    else this.#partlyLocal.delete(name);
  }

  /** Forgets the files that do not lie there with all the bytes that are claimed of them. */
  async dropMissing(): Promise<void> {
    for (const [name, file] of this.#known) {
      const size = await stat(this.#files.path(name)).then(
        found => found.size,
        () => -1,
      );
      if (file.isFinished ? size === this.#files.size(name) : size >= file.end) continue;
      this.change(name, known => known.revoke([0, Infinity]));
      this.#known.delete(name);
    }
  }

  entries(): Entry[] {
    return [...this.#known.values()].flatMap(file => [...file.entries()]);
  }

  #fileOf(name: string): LedgerFile | undefined {
    const size = this.#files.size(name);
    const known = this.#known.get(name);
    if (known || size === undefined) return known;
    const file = new LedgerFile(name, size);
    this.#known.set(name, file);
    return file;
  }
}
