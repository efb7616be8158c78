import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  /** Decoded, without the query. */
  readonly path: string;
  readonly first: number;
  readonly last: number;
}

export type Behaviour = (res: ServerResponse, asked: Asked, req: IncomingMessage) => void | Promise<void>;

/** A server that does whatever a test wants, and says what it was asked. */
export class HostileServer {
  readonly asked: Asked[] = [];
  behave: Behaviour = (res: ServerResponse) => void res.writeHead(500).end();
  /** Answers under way, now and at most. */
  open = 0;
  mostOpen = 0;
  readonly #server: Server;
  readonly #host: string;

  constructor(host = '127.0.0.1') {
    this.#host = host;
    this.#server = createServer((req, res) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '') ?? [];
      const path = decodeURIComponent((req.url ?? '').split('?')[0] ?? '');
      const asked = { path, first: Number(first ?? 0), last: Number(last ?? Infinity) };
      this.asked.push(asked);
      this.mostOpen = Math.max(this.mostOpen, ++this.open);
      res.once('close', () => this.open--);
      void this.behave(res, asked, req);
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, this.#host);
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://${this.#host}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bytes that were asked for since the last call. */
  takeAsked(): number {
    return this.asked.splice(0).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** What an honest server answers. */
export function serve(res: ServerResponse, bytes: Buffer, { first, last }: Asked): void {
  const part = bytes.subarray(first, last + 1);
  res.writeHead(206, {
    'content-range': `bytes ${first}-${first + part.length - 1}/${bytes.length}`,
    'content-length': part.length,
  });
  res.end(part);
}
