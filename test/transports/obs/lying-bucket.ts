import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Operation = 'head' | 'list' | 'uploads' | 'begin' | 'part' | 'parts' | 'complete' | 'abort' | 'put' | 'get';
/** Answers instead of the bucket. `forward` lets the bucket answer after all. */
export type Lie = (res: ServerResponse, forward: () => Promise<void>) => void | Promise<void>;

/** Stands before a real bucket and answers some operations in its place. */
export class LyingBucket {
  readonly #server: Server;
  readonly #upstream: number;
  lies: Partial<Record<Operation, Lie>> = {};

  constructor(upstream: number) {
    this.#upstream = upstream;
    this.#server = createServer((req, res) => {
      const forward = () => this.#forward(req, res);
      const lie = this.lies[operationOf(req)];
      Promise.resolve(lie ? lie(res, forward) : forward()).catch(() => res.destroy());
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method, url: path, headers } = req;
    const outward = request({ host: '127.0.0.1', port: this.#upstream, method, path, headers, agent: false });
    req.pipe(outward);
    const [answer] = (await once(outward, 'response')) as [IncomingMessage];
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  }
}

function operationOf({ method, url = '' }: IncomingMessage): Operation {
  const { pathname, searchParams: query } = new URL(url, 'http://bucket');
  if (method === 'HEAD') return 'head';
  if (method === 'DELETE') return 'abort';
  if (method === 'POST') return query.has('uploads') ? 'begin' : 'complete';
  if (method === 'PUT') return query.has('partNumber') ? 'part' : 'put';
  if (query.has('uploads')) return 'uploads';
  if (query.has('uploadId')) return 'parts';
  return pathname.split('/').length > 2 && pathname.split('/')[2] !== '' ? 'get' : 'list';
}
