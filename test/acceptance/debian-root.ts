import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { once } from 'node:events';
import { freshDebian } from './debian-archive.ts';

const run = promisify(execFile);
/** Nothing of this machine's settings. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LANG: 'C.UTF-8' };
/** What changes by itself, or is dpkg's and apt's own account of what was done. */
const NOT_COMPARED = ['dev', 'proc', 'run', 'sys', 'tmp', 'data', 'var/lib/dpkg', 'var/log', 'var/cache/ldconfig'];
/** The passwd tools keep the copy before the last change. */
const BACKUPS = /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)- /;

/** A minimal Debian 12 in a directory of its own. Needs root, and the first time the network. */
export class DebianRoot {
  readonly path: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<DebianRoot> {
    const path = await mkdtemp(join(tmpdir(), 'bftv2-debian-'));
    await freshDebian(path);
    return new DebianRoot(path);
  }

  /** A path of the root as this machine sees it. */
  at(path: string): string {
    return join(this.path, path);
  }

  /** Runs a command inside, as root; resolves with what it said. Throws, with what it said, when it fails. */
  async run(command: string, args: readonly string[], more: Record<string, string> = {}): Promise<string> {
    const child = run('unshare', this.#inside('root', [command, ...args]), { env: { ...ENVIRONMENT, ...more } });
    child.child.stdin?.end();
    const { stdout, stderr } = await child;
    return stdout + stderr;
  }

  /** Starts a program inside as `user`; it is ended with the root. */
  start(user: string, command: readonly string[], more: Record<string, string> = {}): ChildProcess {
    const child = spawn('unshare', this.#inside(user, command), {
      env: { ...ENVIRONMENT, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    return child;
  }

  /** Ends a program that was started, as systemd does. Throws when it does not end well. */
  async stop(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  }

  /** Every path with mode, owner and type, sorted; without what changes by itself. */
  async listing(): Promise<string[]> {
    const pruned = NOT_COMPARED.flatMap((name, index) => [...(index > 0 ? ['-o'] : []), '-path', this.at(name)]);
    const { stdout } = await run(
      'find',
      [this.path, '-xdev', '(', ...pruned, ')', '-prune', '-o', '-printf', '%P %m %U:%G %y %l\\n'],
      { maxBuffer: 64 * 1024 ** 2 },
    );
    return stdout
      .split('\n')
      .filter(line => !BACKUPS.test(line))
      .sort();
  }

  /** Users and groups. */
  accounts(): Promise<string[]> {
    return Promise.all(['passwd', 'group'].map(name => readFile(this.at(`etc/${name}`), 'utf8')));
  }

  /** Ends what was started, and takes the root away. */
  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(this.path, { recursive: true, force: true });
  }

  /** In a mount namespace of its own: what is mounted goes with the process, whatever becomes of us. */
  #inside(user: string, command: readonly string[]): string[] {
    const chroot = [`--userspec=${user}:${user}`, this.path, ...command];
    return [
      '--mount',
      'sh',
      '-c',
      'mount -t proc proc "$1/proc" && shift && exec chroot "$@"',
      'sh',
      this.path,
      ...chroot,
    ];
  }
}
