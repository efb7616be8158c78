import { opendir, stat } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import { tablePlace } from '../config/table-place.ts';
import { errno, ERRORS, notThere } from '../core/errors.ts';
import { inspectTable } from '../hashtable/inspect-table.ts';
import { fault, type Finding, ok, skipped, warning } from './finding.ts';

/** The table was built for this role and plan, and can be read. Nothing of it is made or changed: whoever looks may be another user than the daemon is. */
export async function checkHashTable(config: Config): Promise<Finding[]> {
  if (config.servertype === 'cacher') return [skipped('a cacher keeps none')];
  const { path, builtFor } = tablePlace(config);
  const info = await stat(path).catch(notThere);
  if (info && !info.isFile())
    return [fault(`${path} is no regular file`, 'Name a file in "hashtable", or remove what is there.')];
  const table = inspectTable(path);
  if (!table) return [await none(path, config.basedatapath)];
  if (table.builtFor !== undefined && table.builtFor !== builtFor)
    return [fault(`${path} was built for ${table.builtFor}, not ${builtFor}`, ERRORS.HASHTABLE_FOREIGN.next)];
  const known = `${path} has ${table.rows} rows, for ${builtFor}`;
  if (table.trouble !== undefined)
    return [
      warning(
        `${known}; the database beside it cannot be read: ${table.trouble}`,
        'The daemon begins it anew when it starts, and hashes the storage again; nothing else is lost.',
      ),
    ];
  return table.badLines === 0
    ? [ok(known)]
    : [warning(`${known}; ${table.badLines} of its lines cannot be read`, 'Look at them: bft hashtable check')];
}

/** Where nothing is stored there is nothing to write down. */
async function none(path: string, storage: string): Promise<Finding> {
  return (await hasFiles(storage))
    ? warning(`there is no hash table at ${path}`, 'The running daemon makes it; or run: bft hashtable init')
    : ok(`there is no hash table yet, and no file in ${storage}`);
}

/** True also when it cannot be looked at. */
async function hasFiles(storage: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(storage, { recursive: true })) if (entry.isFile()) return true;
    return false;
  } catch (error) {
    return errno(error) !== 'ENOENT';
  }
}
