import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errno } from '../../core/errors.ts';

const POLL_MS = 50;
/** How long what the child started may outlive it: the BitTorrent engine ends when its channel to the daemon closes. */
const ORPHAN_GRACE_MS = 2_000;

export interface ChildCommand {
  /** How people call it: `sender`, `receiver-1`. */
  readonly name: string;
  /** A module that Node runs. */
  readonly module: string;
  readonly args: readonly string[];
  /** Takes standard output and standard error. */
  readonly logFile: string;
}

/**
 * A process in a group of its own: Ctrl-C in the terminal does not reach it, so that the demo alone stops it, in its own time. Signals to the group also
 * reach what the child started.
 */
export class Child {
  readonly name: string;
  readonly logFile: string;
  /** Resolves with how it ended (`exit code 1`, `SIGKILL`, why it could not be started); never rejects. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  /** 'swept': its group is gone too, so that its number may belong to somebody else. */
  #state: 'running' | 'ended' | 'swept' = 'running';

  constructor({ name, module, args, logFile }: ChildCommand) {
    this.name = name;
    this.logFile = logFile;
    const log = openSync(logFile, 'a', 0o600);
    try {
      this.#process = spawn(process.execPath, [module, ...args], { detached: true, stdio: ['ignore', log, log] });
    } finally {
      closeSync(log);
    }
    this.ended = new Promise(resolve => {
      this.#process.once('error', error => resolve(error.message));
      this.#process.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.ended.then(() => {
      this.#state = 'ended';
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** SIGTERM, then SIGKILL after `graceMs`, to its whole group in the end. Resolves when nothing of it runs. */
  async stop(graceMs: number): Promise<void> {
    if (this.#state === 'running') this.#process.kill('SIGTERM');
    await this.#waitUntil(() => this.#state !== 'running', graceMs);
    if (this.#state === 'ended') await this.#waitUntil(() => !this.#signalGroup(0), ORPHAN_GRACE_MS);
    this.kill();
    await this.ended;
    this.#state = 'swept';
  }

  /** SIGKILL to the group at once; for the last moment before this process ends. */
  kill(): void {
    if (this.#state !== 'swept') this.#signalGroup('SIGKILL');
  }

  async #waitUntil(condition: () => boolean, patienceMs: number): Promise<void> {
    const patience = AbortSignal.timeout(patienceMs);
    while (!condition() && !patience.aborted) await delay(POLL_MS);
  }

  /** False when nobody is left in the group. */
  #signalGroup(signal: 'SIGKILL' | 0): boolean {
    if (this.pid === undefined) return false;
    try {
      return process.kill(-this.pid, signal);
    } catch (error) {
      if (errno(error) === 'ESRCH') return false;
      throw error;
    }
  }
}
