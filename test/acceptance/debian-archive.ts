import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SUITE = 'bookworm';
/** What a server has that a minimal system lacks. */
const SERVER = ['--include=systemd-sysv,dbus,iproute2,openssh-server,wget'];

/** Puts a fresh Debian 12 into the directory `path`: a minimal one, or one that boots as a server. Needs root, and the first time the network. */
export async function freshDebian(path: string, kind: 'minimal' | 'server' = 'minimal'): Promise<void> {
  assert.equal(process.getuid?.(), 0, 'a Debian root can be made and entered by root only');
  const archive = await (kind === 'server' ? bootstrapped('-server', SERVER) : bootstrapped('', []));
  await run('tar', ['-C', path, '-xf', archive]);
  // A temporary directory is its owner's only, and everybody inside goes through it.
  await chmod(path, 0o755);
}

/** The archive of a fresh system, made once and kept beside other caches of the user. */
async function bootstrapped(suffix: string, include: readonly string[]): Promise<string> {
  const cache = process.env.BFT2_CACHE ?? join(homedir(), '.cache/bftv2');
  const archive = join(cache, `debian-${SUITE}${suffix}-${process.arch}.tar`);
  if (
    await access(archive).then(
      () => true,
      () => false,
    )
  )
    return archive;
  console.log(`  making a Debian root, once (${archive})`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'bftv2-bootstrap-'));
  try {
    await needDebootstrap();
    const mirror = await mirrorOfThisMachine();
    await run('debootstrap', ['--variant=minbase', ...include, SUITE, work, mirror], { maxBuffer: 64 * 1024 ** 2 });
    await run('tar', ['-C', work, '--exclude=./var/cache/apt/archives/*.deb', '-cf', `${archive}.new`, '.']);
    await rename(`${archive}.new`, archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

async function needDebootstrap(): Promise<void> {
  const isThere = await run('sh', ['-c', 'command -v debootstrap']).then(
    () => true,
    () => false,
  );
  if (!isThere) await run('apt-get', ['install', '-qy', '--no-install-recommends', 'debootstrap']);
}

/** The first Debian archive that apt of this machine uses. */
async function mirrorOfThisMachine(): Promise<string> {
  const directory = '/etc/apt/sources.list.d';
  const names = await readdir(directory).catch(() => []);
  const files = ['/etc/apt/sources.list', ...names.map(name => join(directory, name))];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const [, mirror] = /^(?:URIs:|deb(?: \[.*\])?)\s+(https?:\S+\/debian\/?)(?:\s|$)/m.exec(text) ?? [];
    if (mirror !== undefined) return mirror;
  }
  throw new Error('apt of this machine names no Debian archive, from which a root could be made');
}
