import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

const PATIENCE_MS = 60_000;
const END_PATIENCE_MS = 5000;
/** Progress lines of a terminal program can be endless. */
const KEPT_CHARACTERS = 64 * 1024;

/** A program that is not ours, and how it is started. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** A foreign program as it runs. Whoever waits for it in vain, or sees it fail, gets an error with what it said. */
export class ForeignProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #changes = new EventEmitter<{ change: [] }>();
  #output = '';
  #state: 'running' | 'ended' = 'running';

  constructor({ command, args, cwd }: Command) {
    this.name = command;
    this.#child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', chunk => this.#add(String(chunk)));
    this.#child.on('error', error => this.#add(error.message));
    this.#child.on('close', () => {
      this.#state = 'ended';
      this.#changes.emit('change');
    });
  }

  get output(): string {
    return this.#output;
  }

  /** Throws, with what it said, when it has ended. */
  assertRuns(): void {
    assert.equal(this.#state, 'running', `${this.name} ended:\n${this.#output}`);
  }

  /** Resolves when it has printed what is looked for. */
  async says(pattern: RegExp): Promise<void> {
    await this.#until(`says ${pattern}`, () => this.#state === 'ended' || pattern.test(this.#output));
    assert.match(this.#output, pattern);
  }

  /** Resolves with what it said when it has ended by itself, well. */
  async ended(): Promise<string> {
    await this.#until('ends', () => this.#state === 'ended');
    assert.equal(this.#child.exitCode, 0, `${this.name} failed:\n${this.#output}`);
    return this.#output;
  }

  /** Ends it, whatever it takes. Idempotent. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_PATIENCE_MS);
    this.#child.kill('SIGTERM');
    await this.#until('ends', () => this.#state === 'ended').finally(() => clearTimeout(timer));
  }

  #add(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
    this.#changes.emit('change');
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!isSo()) {
      await once(this.#changes, 'change', { signal }).catch((cause: unknown) => {
        throw new Error(`waited in vain until ${this.name} ${what}; it said:\n${this.#output}`, { cause });
      });
    }
  }
}

/** The foreign programs of one suite. */
export class ForeignProcesses {
  readonly #running: ForeignProcess[] = [];

  start(command: Command): ForeignProcess {
    const started = new ForeignProcess(command);
    this.#running.push(started);
    return started;
  }

  /** Ends all of them; resolves with what they said. */
  async stop(): Promise<string> {
    const ending = this.#running.splice(0);
    await Promise.all(ending.map(one => one.stop()));
    return ending.map(({ name, output }) => `--- ${name}\n${output}`).join('\n');
  }
}

/** Runs a program to its end, which must be a good one, and gives what it said. */
export async function run(command: Command): Promise<string> {
  return await new ForeignProcess(command).ended();
}
