import { dirname } from 'node:path';
import { inParallel } from '../core/parallel.ts';
import { syncDirectory, syncFile } from '../disk/durable.ts';

/** Files that are synced at once. */
const SYNCS = 8;
const never = new AbortController().signal;

/** Makes staged files durable: their data each time, their names once. */
export class StagedData {
  readonly #named = new Set<string>();

  async sync(files: readonly string[]): Promise<void> {
    const paths = new Set(files);
    await inParallel(paths, SYNCS, never, syncFile);
    const fresh = [...paths].filter(path => !this.#named.has(path));
    for (const directory of new Set(fresh.map(path => dirname(path)))) await syncDirectory(directory);
    for (const path of fresh) this.#named.add(path);
  }
}
