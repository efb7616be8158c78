import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freshDebian } from './debian-archive.ts';

const run = promisify(execFile);
/** What root finds after a login. */
const LOGIN = {
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};
const BOOT_MS = 60_000;
const LOOK_MS = 500;

/** A Debian 12 that was booted, with its own systemd, in a network namespace. Nothing of it outlives this process. */
export class DebianServer {
  readonly #hostname: string;
  readonly #machine: string;
  #path = '';
  #nspawn: ChildProcess | undefined;
  #said = '';
  #init = 0;

  constructor(hostname: string) {
    this.#hostname = hostname;
    this.#machine = `bftv2-${hostname}-${process.pid}`;
  }

  /** `network`: path of the network namespace. `key`: the public key that root is let in with, through ssh. */
  async boot(network: string, key: string): Promise<void> {
    this.#path = await mkdtemp(join(tmpdir(), `${this.#machine}-`));
    await freshDebian(this.#path, 'server');
    // It comes before --hostname.
    await writeFile(join(this.#path, 'etc/hostname'), `${this.#hostname}\n`);
    await mkdir(join(this.#path, 'root/.ssh'), { recursive: true, mode: 0o700 });
    await writeFile(join(this.#path, 'root/.ssh/authorized_keys'), key, { mode: 0o600 });
    const where = [`--directory=${this.#path}`, `--machine=${this.#machine}`, `--hostname=${this.#hostname}`];
    const how = ['--boot', '--register=no', '--keep-unit', '--console=pipe', '--resolv-conf=off', '--timezone=off'];
    // What systemd-nspawn has booted outlives it; in a namespace of processes nothing outlives the first one.
    const within = ['nsenter', `--net=${network}`, 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const nspawn = spawn('setpriv', ['--pdeathsig', 'KILL', ...within, 'systemd-nspawn', '--quiet', ...where, ...how], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#nspawn = nspawn;
    for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', chunk => (this.#said += String(chunk)));
    await this.#booted(nspawn);
  }

  /** Runs the lines of a script as root who has just logged in; resolves with what was said. Throws, with what was said, at the first line that fails. */
  async run(script: string): Promise<string> {
    const shell = ['bash', '-c', 'cd && exec 2>&1 && eval "set -e\n$1"', 'bash', script];
    const child = run('nsenter', [...this.#inside(), ...shell], { env: LOGIN, maxBuffer: 16 * 1024 ** 2 });
    child.child.stdin?.end();
    return (await child).stdout;
  }

  /** Ends it at once, and takes its files away. */
  async close(): Promise<void> {
    if (this.#nspawn?.exitCode === null && this.#nspawn.signalCode === null) {
      const ended = once(this.#nspawn, 'exit');
      this.#nspawn.kill('SIGKILL');
      await ended;
    }
    while (this.#init > 0 && (await isAlive(this.#init))) await delay(LOOK_MS);
    if (this.#path !== '') await rm(this.#path, { recursive: true, force: true });
    await rm(join('/run/systemd/nspawn/propagate', this.#machine), { recursive: true, force: true });
  }

  #inside(): string[] {
    return [
      '--target',
      String(this.#init),
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      '--cgroup',
      '--root',
      '--wd',
    ];
  }

  async #booted(nspawn: ChildProcess): Promise<void> {
    const deadline = Date.now() + BOOT_MS;
    for (let state = ''; state.trim() !== 'running'; await delay(LOOK_MS)) {
      assert.equal(nspawn.exitCode, null, `systemd-nspawn ended: ${this.#said}`);
      if (Date.now() > deadline) throw new Error(`the server did not boot (${state.trim()}): ${this.#said}`);
      this.#init = await childOf(await childOf(nspawn.pid));
      if (this.#init > 0) state = await this.run('systemctl is-system-running || true').catch(() => '');
    }
  }
}

/** The latest one; 0 when there is none. */
async function childOf(pid: number | undefined): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim().split(' ').at(-1));
}

const isAlive = (pid: number) =>
  readFile(`/proc/${pid}/cmdline`).then(
    line => line.length > 0,
    () => false,
  );
