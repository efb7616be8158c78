import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { blocksOf, pageText, ROOT } from '../docs/pages.ts';
import { DebianServer } from './debian-server.ts';
import { needPrograms } from './needed-programs.ts';
import { ServerNetwork } from './server-network.ts';
import { type Run, type Walked, walkPage } from './walk-page.ts';

const run = promisify(execFile);
const PAGE = 'docs/FIRST-TRANSFER.md';
const SOURCES = 'machine with the sources';
const ADDRESSES = { [SOURCES]: '192.0.2.254/24', sender: '192.0.2.1/24', receiver: '192.0.2.2/24' };
const PROGRAMS = {
  'systemd-nspawn': 'systemd-container',
  'ssh-keygen': 'openssh-client',
  scp: 'openssh-client',
  ip: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
};

/** The way of somebody who never saw the project: README, the page that it names, and every command there as it is written, on two booted Debian 12. */
export async function firstTransfer(): Promise<void> {
  await assertReadmeLeadsThere();
  needPrograms(PROGRAMS);
  const closing = new AsyncDisposableStack();
  const interrupted = () => void closing.disposeAsync().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const [network, namespaces] = await ServerNetwork.create(ADDRESSES);
    closing.defer(() => network.close());
    const scratch = await mkdtemp(join(tmpdir(), 'bftv2-first-'));
    closing.defer(() => rm(scratch, { recursive: true, force: true }));
    const key = await sshKey(scratch);
    const places: Record<string, Run> = { [SOURCES]: await sources(scratch, namespaces.get(SOURCES) ?? '') };
    for (const name of ['sender', 'receiver']) {
      const server = new DebianServer(name);
      closing.defer(() => server.close());
      await server.boot(namespaces.get(name) ?? '', key);
      places[name] = script => server.run(script);
    }
    assertDelivered(await walkPage(await pageText(PAGE), places));
  } finally {
    await closing.disposeAsync();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupted);
  }
}

/** README's own commands are there, and it names the page. */
async function assertReadmeLeadsThere(): Promise<void> {
  const readme = await pageText('README.md');
  assert.ok(readme.includes(`](${PAGE})`), `README.md does not lead to ${PAGE}`);
  const { scripts } = JSON.parse(await pageText('package.json')) as { scripts: Record<string, string> };
  const [first] = blocksOf(readme).filter(({ language }) => language === 'sh');
  const named = [...(first?.text ?? '').matchAll(/^npm (?:run )?(\S+)/gm)].map(([, name = '']) => name);
  assert.ok(named.length > 0, 'README.md does not begin with npm commands');
  for (const name of named) assert.ok(scripts[name], `README.md: there is no npm run ${name}`);
}

/** The two lists of hashes are the same. */
function assertDelivered(walked: readonly Walked[]): void {
  const sums = walked.filter(({ commands }) => commands.includes('sha1sum')).map(({ said }) => said);
  assert.equal(sums.length, 2, 'the page compares by sha1sum at the sender and at the receiver');
  assert.match(sums[0] ?? '', /^[0-9a-f]{40} {2}/m);
  assert.equal(sums[0], sums[1]);
  console.log(`  the same at both:\n${sums[0]}`);
}

/** A key for this walk only; resolves with its public half. */
async function sshKey(directory: string): Promise<string> {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
  return await readFile(join(directory, 'key.pub'), 'utf8');
}

/** This repository. What goes to the servers goes through the bridge, with the key of the walk; anything else has the network of this machine. */
async function sources(directory: string, namespace: string): Promise<Run> {
  const options = [
    `-i ${join(directory, 'key')}`,
    ...['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].map(one => `-o ${one}`),
  ];
  await writeFile(
    join(directory, 'scp'),
    `#!/bin/sh\nexec nsenter --net=${namespace} /usr/bin/scp -q ${options.join(' ')} "$@"\n`,
  );
  await chmod(join(directory, 'scp'), 0o755);
  const env = { ...process.env, PATH: [directory, process.env.PATH].join(delimiter) };
  return async script => {
    const { stdout, stderr } = await run('bash', ['-ec', script], {
      cwd: fileURLToPath(ROOT),
      env,
      maxBuffer: 16 * 1024 ** 2,
    });
    return stdout + stderr;
  };
}
