// `npm run bench`: brings the programs that we are measured against (Debian packages) where that can be done; says which are missing otherwise. Then it runs
// the benches; a peer that is missing is named in the table.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PROBES = {
  aria2: 'command -v aria2c',
  'transmission-cli': 'command -v transmission-cli',
  rclone: 'command -v rclone',
  mktorrent: 'command -v mktorrent',
  'python3-libtorrent': "/usr/bin/python3 -c 'import libtorrent'",
  curl: 'command -v curl',
  'nginx-light': 'command -v nginx',
  xfsprogs: 'command -v mkfs.xfs || test -x /sbin/mkfs.xfs',
};

const root = join(import.meta.dirname, '..');
const succeeds = command => spawnSync('sh', ['-c', command], { stdio: 'ignore' }).status === 0;
const missing = () => Object.keys(PROBES).filter(name => !succeeds(PROBES[name]));

function install(packages) {
  process.stderr.write(`bench: installing ${packages.join(' ')} (apt-get) ...\n`);
  const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-q'], options);
  spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], options);
}

const canInstall = process.getuid?.() === 0 && succeeds('command -v apt-get');
if (missing().length > 0 && canInstall) install(missing());
if (missing().length > 0) {
  const packages = missing().join(' ');
  process.stderr.write(
    `bench: missing: ${packages}. Install it as root (Debian: apt-get install ${packages}). It runs without.\n`,
  );
}
const main = join(root, 'test', 'bench', 'main.ts');
const node = join(root, 'node_modules', '.bin', 'node');
const { status } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
