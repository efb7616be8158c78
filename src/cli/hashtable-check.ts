import type { HashTable } from '../hashtable/hash-table.ts';
import type { HashFile } from '../hashtable/new-files.ts';
import type { JudgedRow } from '../hashtable/table-rebuilding.ts';
import type { HashTableOptions } from './hashtable-options.ts';
import { recordedFiles } from '../hashtable/recorded-files.ts';

const NAMES = 256;
/** A row that is not used because it is about another place is nobody's fault. */
const HARMLESS = new Set(['right', 'unchecked', 'outside']);

interface Components {
  readonly table: HashTable;
  /** Has every file read and compared when it is there. */
  readonly hash: HashFile | undefined;
  readonly say: (line: string) => void;
  readonly onBadNames: (count: number) => void;
}

/** Holds the table against the storage; changes nothing. Says what is wrong, a line each, and gives how much it is. */
export async function checkTable(
  { table, hash, say, onBadNames }: Components,
  { place, isExcluded }: HashTableOptions,
  signal: AbortSignal,
): Promise<number> {
  let faults = 0;
  const fault = (line: string) => {
    faults += 1;
    say(line);
  };
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: readonly JudgedRow[] = (await table.ask('judge', after)) ?? [];
    for (const { verdict, path, sha1 } of page) {
      signal.throwIfAborted();
      if (!HARMLESS.has(verdict)) fault(`${verdict}: ${path}`);
      else if (verdict !== 'outside' && hash && (await hashOf(hash, path, signal)) !== sha1) fault(`wrong: ${path}`);
    }
    after = page.at(-1)?.id;
  }
  const onUnread = (_: string, why: string) => fault(`unreadable: ${why}`);
  const files = recordedFiles(place.storage, { ...place, isExcluded }, { onUnread, onBadNames });
  for await (const names of batches(files)) {
    const missing = (await table.ask('unlisted', names)) ?? [];
    for (const path of missing) fault(`no row: ${path}`);
  }
  const { badLines } = await table.stats();
  if (badLines > 0) fault(`lines that cannot be read: ${badLines}`);
  return faults;
}

async function hashOf(hash: HashFile, path: string, signal: AbortSignal): Promise<string> {
  return await hash(path, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return `unreadable: ${String(error)}`;
  });
}

async function* batches(paths: AsyncIterable<string>): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const path of paths) {
    batch.push(path);
    if (batch.length < NAMES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
