import { execFileSync } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { formatBytes } from '../../src/core/units.ts';

/** What figures depend on, in general terms. */
export function describeMachine(directory: string): string {
  const fileSystem = execFileSync('stat', ['--file-system', '--format', '%T', directory], { encoding: 'utf8' }).trim();
  return `${availableParallelism()} cores, ${formatBytes(totalmem())} of memory, ${fileSystem}, Linux, Node ${process.version}`;
}
