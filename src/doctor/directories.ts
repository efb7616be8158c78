import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { errno, notThere } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import { fault, type Finding, ok, warning } from './finding.ts';

interface Place {
  readonly key: string;
  readonly path: string;
  readonly dev: number;
  readonly uid: number;
}

/** All that the daemon writes is there, can be written, belongs to one user, and what moves by renames shares a file system (BD-30). */
export async function checkDirectories(config: Config): Promise<Finding[]> {
  const moving = ['basedatapath', 'transferpath', 'receiverpath', ...senderOnly(config)] as const;
  const findings: Finding[] = [];
  const places: Place[] = [];
  for (const key of ['statepath', ...moving] as const) {
    const found = await placeOf(key, config[key]);
    if ('verdict' in found) findings.push(found);
    else places.push(found);
  }
  const [first, ...others] = places.filter(({ key }) => key !== 'statepath');
  const apart = others.filter(({ dev }) => dev !== first?.dev);
  if (first && apart.length > 0)
    findings.push(
      fault(
        `${[first, ...apart].map(({ key, path }) => `${key} ${path}`).join(', ')} are on different file systems`,
        ERRORS.FILE_SYSTEMS_DIFFER.next,
      ),
    );
  findings.push(...owners([...places, ...(await below(places))]));
  return findings.length > 0 ? findings : [ok(`${places.length} directories can be written; packages move by renames`)];
}

const senderOnly = ({ servertype }: Config) => (servertype === 'sender' ? (['senderpath'] as const) : []);

async function placeOf(key: string, path: string): Promise<Place | Finding> {
  const info = await stat(path).catch(notThere);
  if (!info) return warning(`${key} ${path} is not there`, 'The daemon makes it when it starts, if it may: start it.');
  if (!info.isDirectory()) return fault(`${key} ${path} is not a directory`, `Name a directory in "${key}".`);
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const next = 'Give it to the user that the daemon runs as (chown), or run doctor as that user.';
    return fault(`${key} ${path} cannot be written: ${errno(error) ?? String(error)}`, next);
  }
  return { key, path, dev: info.dev, uid: info.uid };
}

/** The directories that the daemon keeps in them: one that somebody made by hand may be theirs. */
async function below(places: readonly Place[]): Promise<Place[]> {
  const found: Place[] = [];
  for (const { key, path } of places.filter(({ key: one }) => one !== 'basedatapath')) {
    const entries = await readdir(path, { withFileTypes: true });
    for (const entry of entries.filter(one => one.isDirectory())) {
      const info = await stat(join(path, entry.name)).catch(notThere);
      if (info) found.push({ key, path: join(path, entry.name), dev: info.dev, uid: info.uid });
    }
  }
  return found;
}

/** Root may write everything: what the daemon's user may not is seen by the owners. */
function owners(places: readonly Place[]): Finding[] {
  const state = places.find(({ key }) => key === 'statepath');
  const others = places.filter(({ uid }) => state && state.uid !== 0 && uid !== state.uid);
  if (!state || process.getuid?.() !== 0 || others.length === 0) return [];
  return [
    warning(
      `${others.map(({ key, path }) => `${key} ${path}`).join(', ')}: another owner than statepath ${state.path} has`,
      `If the daemon's user cannot write there: chown ${state.uid} ${others.map(({ path }) => path).join(' ')}`,
    ),
  ];
}
