import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { databaseOf } from './recorded.ts';
import { parseRow } from './rows.ts';
import { linesOf } from './table-text.ts';

export interface InspectedTable {
  readonly rows: number;
  readonly badLines: number;
  /** Undefined: nobody has said yet, or the database cannot be read. */
  readonly builtFor: string | undefined;
  /** Why the database cannot be read. */
  readonly trouble: string | undefined;
}

/**
 * Looks at a table without touching anything: the daemon's user must find text and database as they were, whoever looks. Undefined: there is no text.
 * Throws what the disk says.
 */
export function inspectTable(path: string): InspectedTable | undefined {
  if (!existsSync(path)) return undefined;
  let [rows, badLines] = [0, 0];
  for (const line of linesOf(path)) {
    if (parseRow(line)) rows += 1;
    else if (line.trim() !== '') badLines += 1;
  }
  return { rows, badLines, ...whatFor(databaseOf(path)) };
}

function whatFor(path: string): Pick<InspectedTable, 'builtFor' | 'trouble'> {
  if (!existsSync(path)) return { builtFor: undefined, trouble: undefined };
  try {
    return { builtFor: builtForOf(path), trouble: undefined };
  } catch (error) {
    return { builtFor: undefined, trouble: error instanceof Error ? error.message : String(error) };
  }
}

function builtForOf(path: string): string | undefined {
  const place = pathToFileURL(path);
  // With nothing in the log the file is all there is: opened so, SQLite makes no log and no memory file beside it.
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) place.searchParams.set('immutable', '1');
  const database = new DatabaseSync(place, { readOnly: true });
  try {
    const value = database.prepare("SELECT value FROM meta WHERE key = 'builtFor'").get()?.value;
    return typeof value === 'string' ? value : undefined;
  } finally {
    database.close();
  }
}
