// `npm run interop`: our sender and receiver against foreign BitTorrent clients. Debian packages that are missing are installed when that can be
// done; otherwise it says which ones are wanted.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PACKAGES = { ctorrent: 'ctorrent' };

const root = join(import.meta.dirname, '..');
const isThere = command => spawnSync('sh', ['-c', 'command -v "$0"', command]).status === 0;
const missing = () => Object.keys(PACKAGES).filter(command => !isThere(command));

function install(packages) {
  process.stderr.write(`interop: installing ${packages.join(' ')} (apt-get) ...\n`);
  const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-q'], options);
  spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], options);
}

const canInstall = process.getuid?.() === 0 && isThere('apt-get');
if (missing().length > 0 && canInstall) install(missing().map(command => PACKAGES[command]));
if (missing().length > 0) {
  const packages = missing().map(command => PACKAGES[command]);
  process.stderr.write(
    `interop: missing: ${packages.join(' ')}. Install it (Debian: apt-get install ${packages.join(' ')}). Nothing was tested.\n`,
  );
  process.exit(1);
}
const mocha = join(root, 'node_modules', '.bin', 'mocha');
const chosen = process.argv.slice(2);
const { status } = spawnSync(
  mocha,
  ['--reporter', 'spec', ...(chosen.length > 0 ? chosen : ['test/interop/*.interop.ts'])],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
