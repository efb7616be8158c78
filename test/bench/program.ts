import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from './at-end.ts';

const SAID_BYTES = 2000;

/** How to see that a peer is here, and the package of Debian that it comes with. */
const PEERS = {
  aria2c: { probe: 'command -v aria2c', package: 'aria2' },
  'transmission-cli': { probe: 'command -v transmission-cli', package: 'transmission-cli' },
  libtorrent: { probe: "/usr/bin/python3 -c 'import libtorrent'", package: 'python3-libtorrent' },
  rclone: { probe: 'command -v rclone', package: 'rclone' },
  mktorrent: { probe: 'command -v mktorrent', package: 'mktorrent' },
  curl: { probe: 'command -v curl', package: 'curl' },
  nginx: { probe: 'command -v nginx', package: 'nginx-light' },
} as const;
export type Peer = keyof typeof PEERS;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Why the peer cannot run here, or undefined when it can. */
export function missing(peer: Peer): string | undefined {
  const { probe, package: name } = PEERS[peer];
  return spawnSync('sh', ['-c', probe]).status === 0 ? undefined : `missing: ${peer} (Debian: apt-get install ${name})`;
}

/** A foreign program under way. Ends with the benches at the latest. */
export class Program {
  readonly child: ChildProcess;
  readonly #name: string;
  readonly #forget: () => void;
  #said = '';

  constructor(command: string, args: readonly string[], { cwd, env }: RunOptions = {}) {
    this.#name = command;
    this.child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', chunk => (this.#said = (this.#said + String(chunk)).slice(-SAID_BYTES)));
    this.#forget = atEnd(() => this.stop());
  }

  /** The last of what it printed. */
  get said(): string {
    return this.#said;
  }

  /** Resolves when it has ended well; throws what it said otherwise. */
  async ended(): Promise<void> {
    const [code, signal] = (await once(this.child, 'close')) as [number | null, string | null];
    this.#forget();
    if (code !== 0) throw new Error(`${this.#name} ended with ${code ?? signal}: ${this.#said.trim().slice(-300)}`);
  }

  async stop(): Promise<void> {
    this.#forget();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** Runs a program to its good end. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  return new Program(command, args, options).ended();
}

/** Seconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
