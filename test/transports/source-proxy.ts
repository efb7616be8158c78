import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const FLIP_EVERY = 1000;

/** Stands before a real server: counts what it gives, flips bits in it, and holds it back half-way, on demand. */
export class SourceProxy {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  /** Port of the real server. */
  upstream = 0;
  /** Answers under way. */
  open = 0;
  #port = 0;
  #bytes = 0;
  #isLying = false;
  #limit = Infinity;
  #released = Promise.withResolvers<void>();

  constructor() {
    this.#server = createServer((req, res) => {
      this.#forward(req, res).catch(() => res.destroy());
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Bytes of bodies that were answered to GETs since the start. */
  get bytes(): number {
    return this.#bytes;
  }

  lie(isLying: boolean): void {
    this.#isLying = isLying;
  }

  /** Gives this many bytes more, then keeps everyone waiting until `release`. */
  holdAfter(bytes: number): void {
    this.#limit = this.#bytes + bytes;
  }

  release(): void {
    this.#limit = Infinity;
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }

  async #forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = req;
    this.open++;
    res.once('close', () => this.open--);
    const options = { host: '127.0.0.1', port: this.upstream, method, path: url, headers, agent: this.#agent };
    const outward = request(options);
    res.once('close', () => outward.destroy());
    // An answer to HEAD ends with its headers; what some servers send after them is an error of nobody's concern.
    outward.on('error', () => {
      if (method !== 'HEAD') res.destroy();
    });
    req.pipe(outward);
    const [answer] = (await once(outward, 'response')) as [IncomingMessage];
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    if (method === 'HEAD') res.end();
    else await pipeline(method === 'GET' ? Readable.from(this.#spoil(answer, res)) : answer, res);
  }

  async *#spoil(body: AsyncIterable<Buffer>, res: ServerResponse): AsyncGenerator<Buffer> {
    const closed = new Promise<void>(resolve => res.once('close', () => resolve()));
    for await (let chunk of body) {
      if (this.#isLying) for (let at = 0; at < chunk.length; at += FLIP_EVERY) chunk[at] = (chunk[at] ?? 0) ^ 1;
      while (chunk.length > 0) {
        const part = chunk.subarray(0, Math.max(0, this.#limit - this.#bytes));
        chunk = chunk.subarray(part.length);
        this.#bytes += part.length;
        if (part.length > 0) yield part;
        else await Promise.race([this.#released.promise, closed]);
        if (res.destroyed) return;
      }
    }
  }
}
