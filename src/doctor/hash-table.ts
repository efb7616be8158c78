import type { Config } from '../config/schema.ts';
import { tablePlace } from '../config/table-place.ts';
import { ERRORS, notThere } from '../core/errors.ts';
import { silentLog } from '../core/log.ts';
import { HashTable } from '../hashtable/hash-table.ts';
import { stat } from 'node:fs/promises';
import { fault, type Finding, ok, skipped, warning } from './finding.ts';

/** The table was built for this role and plan, and can be read. */
export async function checkHashTable(config: Config): Promise<Finding[]> {
  if (config.servertype === 'cacher') return [skipped('a cacher keeps none')];
  const place = tablePlace(config);
  if (!(await stat(place.path).catch(notThere)))
    return [
      warning(`there is no hash table at ${place.path}`, 'The running daemon makes it; or run: bft hashtable init'),
    ];
  const table = new HashTable({ log: silentLog }, () => ({ ...place, builtFor: undefined }));
  try {
    const { builtFor, badLines, rows } = await table.stats();
    if (builtFor !== undefined && builtFor !== place.builtFor)
      return [fault(`${place.path} was built for ${builtFor}, not ${place.builtFor}`, ERRORS.HASHTABLE_FOREIGN.next)];
    const known = `${place.path} has ${rows} rows, for ${place.builtFor}`;
    return badLines === 0
      ? [ok(known)]
      : [warning(`${known}; ${badLines} of its lines cannot be read`, 'Look at them: bft hashtable check')];
  } finally {
    await table.stop();
  }
}
