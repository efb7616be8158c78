import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Member } from './swarm-member.ts';

const MEMBER = fileURLToPath(new URL('swarm-member.ts', import.meta.url));

/** A member of the swarm, in its namespace. It speaks in lines of JSON. */
export class SwarmProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #said: string[] = [];
  #wake = () => {};

  constructor(namespace: string, member: Member) {
    const args = ['netns', 'exec', namespace, process.execPath, MEMBER, JSON.stringify(member)];
    this.#child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', line => {
      this.#said.push(line);
      this.#wake();
    });
    this.#child.once('exit', () => this.#wake());
  }

  async next(): Promise<unknown> {
    while (this.#said.length === 0) {
      if (this.#child.exitCode !== null) throw new Error(`a member of the swarm ended with ${this.#child.exitCode}`);
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    return JSON.parse(this.#said.shift()!) as unknown;
  }

  go(): void {
    this.#child.stdin.write('go\n');
  }

  /** Asks for its outcome. */
  finish(): void {
    this.#child.stdin.end();
  }

  /** Resolves when it has ended. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}
