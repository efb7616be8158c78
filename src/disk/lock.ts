import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { realpath } from 'node:fs/promises';
import { BftError, errno } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { makeDirectory } from './durable.ts';

/**
 * Holds a directory against a second daemon. The lock is an abstract Unix socket named after the directory: the kernel frees it
 * when the process ends, however it ends, so a stale lock cannot exist.
 */
export class DirectoryLock implements Startable {
  readonly name = 'lock';
  readonly #directory: string;
  #server: Server | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    await makeDirectory(this.#directory);
    const real = await realpath(this.#directory);
    const server = createServer(socket => socket.destroy());
    const path = `\0bft2-${createHash('sha256').update(real).digest('hex').slice(0, 32)}`;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path }, resolve);
    }).catch((error: unknown) => {
      if (errno(error) !== 'EADDRINUSE') throw error;
      throw new BftError('ALREADY_RUNNING', `another bftv2 runs on ${real}`, { cause: error });
    });
    server.unref();
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>(resolve => server.close(() => resolve()));
  }
}
