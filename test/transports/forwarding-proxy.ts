import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Stands before a real server and hands everything on; bodies of answers to GETs may be spoiled on the way. */
export abstract class ForwardingProxy {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  /** Port of the real server. */
  upstream = 0;
  /** Answers under way. */
  open = 0;

  constructor() {
    this.#server = createServer((req, res) => {
      this.#forward(req, res).catch(() => res.destroy());
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** `127.0.0.1:port`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }

  /** What goes out instead of the answer's body. */
  protected abstract spoil(answer: IncomingMessage, url: string, res: ServerResponse): AsyncIterable<Buffer>;

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
    else await pipeline(method === 'GET' ? Readable.from(this.spoil(answer, url, res)) : answer, res);
  }
}
