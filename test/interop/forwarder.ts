import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { pipeline } from 'node:stream';

/** Passes connections on to a port of this machine, and counts them. */
export class Forwarder {
  readonly #server: Server;
  #connections = 0;

  static async start(to: number): Promise<Forwarder> {
    const forwarder = new Forwarder(to);
    await once(forwarder.#server.listen(0, '127.0.0.1'), 'listening');
    return forwarder;
  }

  private constructor(to: number) {
    this.#server = createServer(socket => {
      this.#connections += 1;
      // Who hangs up early is no concern of the other connections.
      pipeline(socket, connect(to, '127.0.0.1'), socket, () => {});
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Resolves when the last connection has ended. */
  async stop(): Promise<void> {
    await once(this.#server.close(), 'close');
  }
}
