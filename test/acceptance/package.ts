import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METHODS } from '../../src/core/method.ts';
import { freePort, TestFleet, TestNode, until } from '../e2e/nodes.ts';
import { assertSameTree, SMALL, writePackage } from '../e2e/packages.ts';
import { DebianRoot } from './debian-root.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const DIST = join(REPOSITORY, 'dist');
const CONFIG = '/etc/bft2/config.json';

/** The Debian package in a minimal Debian 12: installed, a transfer runs, upgraded, removed, purged; then only the data is left. The same from the tarball. */
export async function packaging(): Promise<void> {
  execFileSync(process.execPath, [join(REPOSITORY, 'install/package.mjs'), '--quick'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await inDebian(debianPackage);
  await inDebian(tarball);
}

async function inDebian(story: (debian: DebianRoot) => Promise<void>): Promise<void> {
  const debian = await DebianRoot.create();
  try {
    await story(debian);
  } finally {
    await debian.close();
  }
}

async function debianPackage(debian: DebianRoot): Promise<void> {
  await bring(debian, '.deb', '/tmp/bftv2.deb');
  const [paths, accounts] = [await debian.listing(), await debian.accounts()];
  const dpkg = async (...args: string[]) => {
    const said = await debian.run('dpkg', args);
    console.log(`  dpkg ${args.join(' ')}`);
    return said;
  };

  assert.match(await dpkg('--install', '/tmp/bftv2.deb'), /this node is a receiver/);
  assert.equal(await debian.run('dpkg', ['--verify', 'bftv2']), '');
  await transferInto(debian, await unitOf(debian, '/lib/systemd/system/bftv2.service'));

  const config = await readFile(debian.at(CONFIG), 'utf8');
  assert.doesNotMatch(await dpkg('--install', '/tmp/bftv2.deb'), /made|this node is/);
  assert.equal(await readFile(debian.at(CONFIG), 'utf8'), config);

  await dpkg('--remove', 'bftv2');
  assert.equal(await readFile(debian.at(CONFIG), 'utf8'), config);
  assert.deepEqual(await readdir(debian.at('/usr/lib')).then(names => names.filter(name => name === 'bftv2')), []);

  await dpkg('--purge', 'bftv2');
  assert.deepEqual(await debian.accounts(), accounts);
  assert.deepEqual(difference(await debian.listing(), paths), []);
  assert.deepEqual(await debian.run('ls', ['/var/log']).then(said => said.includes('bft2')), false);
  assert.ok((await readdir(debian.at('/data/dcp'))).includes('film'));
}

async function tarball(debian: DebianRoot): Promise<void> {
  await bring(debian, '.tar.xz', '/tmp/bftv2.tar.xz');
  execFileSync('tar', ['-C', debian.at('/opt'), '-xJf', debian.at('/tmp/bftv2.tar.xz')]);
  const [name = ''] = await readdir(debian.at('/opt'));
  const script = (file: string) => join('/opt', name, 'install', file);
  const [paths, accounts] = [await debian.listing(), await debian.accounts()];

  assert.match(await debian.run(script('install.sh'), []), /this node is a receiver/);
  assert.doesNotMatch(await debian.run(script('install.sh'), []), /made|this node is/);
  console.log('  install.sh, twice');
  await transferInto(debian, await unitOf(debian, '/etc/systemd/system/bftv2.service'));
  await debian.run(script('uninstall.sh'), []);
  assert.ok((await readdir(debian.at('/etc/bft2'))).includes('config.json'));
  await debian.run(script('uninstall.sh'), ['--purge']);
  assert.deepEqual(await debian.accounts(), accounts);
  const left = difference(await debian.listing(), paths).filter(line => !line.endsWith(' d '));
  assert.deepEqual(left, []);
  console.log('  uninstall.sh --purge');
}

/** What was made for this machine, into the root. */
async function bring(debian: DebianRoot, suffix: string, path: string): Promise<void> {
  const names = (await readdir(DIST)).filter(name => name.endsWith(suffix));
  assert.equal(names.length, 1, `one ${suffix} in dist/: ${names.join(', ')}`);
  await cp(join(DIST, names[0] ?? ''), debian.at(path));
}

interface Unit {
  readonly user: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How the unit starts the daemon. */
async function unitOf(debian: DebianRoot, path: string): Promise<Unit> {
  const text = await readFile(debian.at(path), 'utf8');
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? assert.fail(`${path}: no ${key}`);
  const [name = '', ...rest] = value('Environment').split('=');
  // systemd makes it before it starts the daemon.
  await debian.run('install', ['-d', '-o', value('User'), '-m', '0750', `/var/cache/${value('CacheDirectory')}`]);
  return { user: value('User'), command: value('ExecStart').split(' '), environment: { [name]: rest.join('=') } };
}

/** A sender of this machine brings a package by all methods to the node in the root, which runs as its unit says. */
async function transferInto(debian: DebianRoot, { user, command, environment }: Unit): Promise<void> {
  const fleet = await TestFleet.create();
  try {
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1');

    const node = new TestNode(debian.path, await freePort(), {});
    const config = JSON.parse(await readFile(debian.at(CONFIG), 'utf8')) as Record<string, unknown>;
    const own = {
      apilisten: `127.0.0.1:${node.apiPort}`,
      ctcs: `127.0.0.1:${await freePort()}`,
      btport: await freePort(),
    };
    await writeFile(debian.at(CONFIG), JSON.stringify({ ...config, ...own }));
    const daemon = debian.start(user, command, environment);
    let said = '';
    for (const stream of [daemon.stdout, daemon.stderr]) stream?.on('data', chunk => (said += String(chunk)));
    await until('the daemon in the root answers', async () => {
      assert.equal(daemon.exitCode, null, said);
      return await fetch(`http://127.0.0.1:${node.apiPort}/heartbeat`).then(
        answer => answer.ok,
        () => false,
      );
    });

    const taskfile = '/tmp/cfec-001-film.task.json';
    await cp(fleet.taskPath('film'), debian.at(taskfile));
    await debian.run('chown', [`${user}:${user}`, taskfile]);
    await node.ask('/recv', 'recv', { taskfile, reactive: 'false' });
    const { methods } = await fleet.downloaded(node, 'film');
    await assertSameTree(debian.at('/data/dcp/film'), fleet.packagePath('film'));
    const brought = methods as Record<string, { readonly bytes: number }>;
    console.log(`  a transfer: ${METHODS.map(method => `${method} ${brought[method]?.bytes} bytes`).join(', ')}`);
    for (const method of METHODS) assert.ok((brought[method]?.bytes ?? 0) > 0, `nothing came by ${method}`);
    await debian.stop(daemon);
  } finally {
    await fleet.close();
  }
}

const difference = (now: readonly string[], before: readonly string[]) => {
  const [was, is] = [new Set(before), new Set(now)];
  return [...now.filter(line => !was.has(line)), ...before.filter(line => !is.has(line)).map(line => `gone: ${line}`)];
};
