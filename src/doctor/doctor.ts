import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { asBftError } from '../core/errors.ts';
import { checkBuckets } from './buckets.ts';
import { checkCertificate } from './certificate.ts';
import { checkClock } from './clock.ts';
import { checkRunning } from './running.ts';
import { checkDirectories } from './directories.ts';
import { type Check, failed, type Finding, ok, skipped } from './finding.ts';
import { checkHashTable } from './hash-table.ts';
import { checkRoom } from './room.ts';
import { checkSecrets } from './secrets.ts';
import { Site } from './site.ts';
import { checkTasks } from './tasks.ts';
import { checkTorrents } from './torrents.ts';
import { checkTrackers } from './trackers.ts';
import { checkAddresses } from './addresses.ts';

/** Of one check: nothing hangs, whatever does not answer. */
const PATIENCE_MS = 30_000;

export interface CheckedPoint {
  readonly id: string;
  readonly findings: readonly Finding[];
}

/**
 * Looks at a node as people did by the original's list (6.1): the configuration, then everything it names. Changes nothing. The daemon may run or not. `said` gets each
 * point as soon as it is known.
 */
export async function examine(configPath: string, said: (point: CheckedPoint) => void): Promise<CheckedPoint[]> {
  const points: CheckedPoint[] = [];
  const add = async (check: Check) => {
    const point = { id: check.id, findings: await findingsOf(check) };
    points.push(point);
    said(point);
  };
  let config: Config | undefined;
  await add({
    id: 'configuration',
    run: async () => {
      config = await loadConfig(configPath);
      return [ok(`${configPath} can be read: this is a ${config.servertype}${planOf(config)}`)];
    },
  });
  if (!config) {
    await add({ id: 'everything else', run: async () => [skipped('nothing is known without a configuration')] });
    return points;
  }
  await using site = new Site(config, AbortSignal.timeout(PATIENCE_MS * 4));
  for (const check of checksOf(site, configPath)) await add(check);
  return points;
}

function checksOf(site: Site, configPath: string): Check[] {
  return [
    { id: 'directories', run: () => checkDirectories(site.config) },
    { id: 'room', run: () => checkRoom(site) },
    { id: 'secrets', run: () => checkSecrets(site.config, configPath) },
    { id: 'certificate', run: () => checkCertificate(site.config) },
    { id: 'hash table', run: () => checkHashTable(site.config) },
    { id: 'daemon', run: () => checkRunning(site) },
    { id: 'tasks', run: () => checkTasks(site) },
    { id: 'trackers', run: () => checkTrackers(site) },
    { id: 'addresses', run: () => checkAddresses(site) },
    { id: 'buckets', run: () => checkBuckets(site) },
    { id: 'torrents', run: () => checkTorrents(site) },
    // Last: it goes by what the others were answered.
    { id: 'clock', run: async () => checkClock(site) },
  ];
}

const planOf = ({ servertype, receiverstoreplan }: Config) =>
  servertype === 'receiver' ? `, store plan ${receiverstoreplan}` : '';

async function findingsOf(check: Check): Promise<readonly Finding[]> {
  try {
    return await check.run();
  } catch (cause) {
    return [failed(asBftError(cause, 'INTERNAL', check.id))];
  }
}
