import { statfs } from 'node:fs/promises';
import { notThere } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { fault, type Finding, ok, skipped, warning } from './finding.ts';
import type { Site } from './site.ts';

/** Below it a disk is as good as full: a state could not be written. */
const LITTLE = 64 * 1024 * 1024;

/** Whether what is to be received has room, beside `reserve`; and whether states and records can be written. */
export async function checkRoom(site: Site): Promise<Finding[]> {
  const { transferpath, statepath, reserve, checkroom } = site.config;
  const free = await freeBytes(transferpath);
  if (free === undefined) return [skipped(`transferpath ${transferpath} is not there`)];
  const findings: Finding[] = [];
  const states = await freeBytes(statepath);
  if (states !== undefined && states < LITTLE)
    findings.push(fault(`${formatBytes(states)} are free in statepath ${statepath}`, ERRORS.DISK_FULL.next));
  const sizes = (await site.tasks()).filter(({ direction }) => direction === 'received').map(({ task }) => task.size);
  const largest = Math.max(0, ...sizes);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const kept = `${formatBytes(free)} are free in transferpath ${transferpath}, ${formatBytes(reserve)} of them are kept`;
  if (free < reserve || (checkroom && largest > free - reserve && sizes.length > 0))
    findings.push(fault(`${kept}: ${needed(largest)}`, `${ERRORS.DISK_FULL.next} Or lower "reserve".`));
  else if (all > free - reserve)
    findings.push(
      warning(`${kept}: not all that waits has room at once`, 'Free some room; tasks wait until there is.'),
    );
  return findings.length > 0 ? findings : [ok(kept)];
}

const needed = (largest: number) =>
  largest === 0 ? 'nothing can be received' : `a task of ${formatBytes(largest)} may have no room`;

async function freeBytes(path: string): Promise<number | undefined> {
  const info = await statfs(path).catch(notThere);
  return info && info.bavail * info.bsize;
}
