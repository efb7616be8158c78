import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const FIRST_BYTE = /^bytes (\d+)-/;

/** Stands before a real server and spoils planted bytes of its answers, each of them once. */
export class FlippingProxy {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  /** Offsets that wait to be spoiled, by how the path ends. */
  readonly #planted = new Map<string, Set<number>>();
  /** Port of the real server. */
  upstream = 0;
  #spoiled = 0;

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

  /** Wrong bytes that went out. */
  get spoiled(): number {
    return this.#spoiled;
  }

  /** Has the byte of that file spoiled when it is first sent to a GET. */
  plant(file: string, offset: number): void {
    const path = `/${file}`;
    this.#planted.set(path, (this.#planted.get(path) ?? new Set()).add(offset));
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }

  async #forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = req;
    const options = { host: '127.0.0.1', port: this.upstream, method, path: url, headers, agent: this.#agent };
    const outward = request(options);
    res.once('close', () => outward.destroy());
    outward.on('error', () => res.destroy());
    req.pipe(outward);
    const [answer] = (await once(outward, 'response')) as [IncomingMessage];
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    const offsets = method === 'GET' ? this.#offsetsOf(url) : undefined;
    await pipeline(offsets ? Readable.from(this.#spoil(answer, offsets)) : answer, res);
  }

  #offsetsOf(url: string): Set<number> | undefined {
    const [path = ''] = decodeURIComponent(url).split('?');
    return [...this.#planted].find(([end]) => path.endsWith(end))?.[1];
  }

  async *#spoil(answer: IncomingMessage, offsets: Set<number>): AsyncGenerator<Buffer> {
    let at = Number(FIRST_BYTE.exec(answer.headers['content-range'] ?? '')?.[1] ?? 0);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (const offset of offsets) {
        if (offset < at || offset >= at + chunk.length) continue;
        chunk[offset - at]! ^= 1;
        offsets.delete(offset);
        this.#spoiled += 1;
      }
      at += chunk.length;
      yield chunk;
    }
  }
}
