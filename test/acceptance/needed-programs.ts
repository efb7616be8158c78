import { spawnSync } from 'node:child_process';

/** Installs, on a Debian, the packages of the programs that are not there. Throws when one is still missing then. */
export function needPrograms(packages: Readonly<Record<string, string>>): void {
  const missing = Object.keys(packages).filter(program => !isThere(program));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(program => packages[program] ?? program))];
  spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...names], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const still = missing.filter(program => !isThere(program));
  if (still.length > 0) throw new Error(`needs ${still.join(', ')} (${names.join(', ')})`);
}

const isThere = (program: string) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
