// `npm run interop [-- SUITE...]`: we against foreign programs, each suite being test/interop/SUITE.interop.ts. Debian packages that are missing are
// installed when that can be done; otherwise it says which ones are wanted.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian packages, and what succeeds when one is there. */
const CHECKS = {
  'apache2-bin': 'command -v apache2',
  aria2: 'command -v aria2c',
  ctorrent: 'command -v ctorrent',
  mktorrent: 'command -v mktorrent',
  nginx: 'command -v nginx',
  openssl: 'command -v openssl',
  opentracker: 'command -v opentracker',
  'python3-libtorrent': "/usr/bin/python3 -c 'import libtorrent'",
  rclone: 'command -v rclone',
  rtorrent: 'command -v rtorrent',
  s3cmd: 'command -v s3cmd',
  'transmission-cli': 'command -v transmission-cli',
};
/** What the suites need beside Node. */
const NEEDS = {
  apache2: ['apache2-bin'],
  aria2: ['aria2', 'opentracker'],
  ctorrent: ['ctorrent', 'opentracker'],
  libtorrent: ['python3-libtorrent', 'opentracker'],
  metainfo: ['mktorrent', 'transmission-cli', 'python3-libtorrent'],
  nginx: ['nginx'],
  rtorrent: ['rtorrent', 'opentracker'],
  samples: ['nginx', 'apache2-bin', 'openssl'],
  swift: ['rclone', 's3cmd'],
  transmission: ['transmission-cli', 'opentracker'],
};
const SUFFIX = '.interop.ts';
/** Asked by Debian before a package starts its service; 101 forbids it. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

const root = join(import.meta.dirname, '..');
const directory = join(root, 'test', 'interop');
// Servers are not in everybody's PATH.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DEBIAN_FRONTEND: 'noninteractive' };
const succeeds = check => spawnSync('sh', ['-c', check], { env, stdio: 'ignore' }).status === 0;
const missing = suites =>
  [...new Set(suites.flatMap(suite => NEEDS[suite] ?? []))].filter(name => !succeeds(CHECKS[name]));

function stop(words) {
  process.stderr.write(`interop: ${words} Nothing was tested.\n`);
  process.exit(1);
}

function install(packages) {
  process.stderr.write(`interop: installing ${packages.join(' ')} (apt-get) ...\n`);
  const options = { stdio: ['ignore', 2, 2], env };
  const isPolicyOurs = !existsSync(SERVICE_POLICY);
  if (isPolicyOurs) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    spawnSync('apt-get', ['update', '-q'], options);
    spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], options);
  } finally {
    if (isPolicyOurs) rmSync(SERVICE_POLICY);
  }
}

const known = readdirSync(directory)
  .filter(name => name.endsWith(SUFFIX))
  .map(name => name.slice(0, -SUFFIX.length));
const chosen = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = chosen.filter(suite => !known.includes(suite));
if (unknown.length > 0) stop(`there is no ${unknown.join(', ')}, only ${known.join(', ')}.`);

const canInstall = process.getuid?.() === 0 && succeeds('command -v apt-get');
if (missing(chosen).length > 0 && canInstall) install(missing(chosen));
const wanted = missing(chosen).join(' ');
if (wanted !== '') stop(`missing: ${wanted}. Install it (Debian, as root: apt-get install ${wanted}).`);

const mocha = join(root, 'node_modules', '.bin', 'mocha');
const files = chosen.map(suite => join(directory, suite + SUFFIX));
const { status } = spawnSync(mocha, ['--reporter', 'spec', ...files], { cwd: root, stdio: 'inherit', env });
process.exitCode = status ?? 1;
