import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

const MAIN = new URL('../../src/devserver/main.ts', import.meta.url).pathname;

export const BUCKET = 'cfec-001';
export const ACCESS_KEY = 'TESTKEY';
export const SECRET_KEY = 'TESTSECRET';

/** The object storage of a bench, as a process of its own. */
export class ObjectServer {
  readonly #root: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  constructor(root: string, port: number) {
    this.#root = root;
    this.#port = port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const data = ['--root', this.#root, '--bucket', BUCKET];
    const access = ['--listen', `127.0.0.1:${this.#port}`, '--key', `${ACCESS_KEY}:${SECRET_KEY}`];
    this.#process = spawn(process.execPath, [MAIN, ...data, ...access], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (!this.#process.stdout) throw new TypeError('it was started with a pipe');
    await once(this.#process.stdout, 'data');
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Begins anew without a single object. */
  async empty(): Promise<void> {
    await this.stop();
    await rm(this.#root, { recursive: true, force: true });
    await this.start();
  }
}
