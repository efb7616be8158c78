import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BftError, errno } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { closeServer, listen, type ListenAddress } from '../core/listen.ts';
import type { Logger } from '../core/log.ts';
import { shownUrl } from '../core/shown-url.ts';
import { type Answer, answerTo, refusal } from './answer.ts';
import { openPublished, segmentsOf } from './published-file.ts';
import { ClientGone, sendBody } from './send-body.ts';

const IDLE_MS = 120_000;

export interface FileServerOptions {
  readonly name: string;
  /** Who can be told to change the address: a key of the configuration or an option. */
  readonly addressFrom: string;
  readonly address: ListenAddress;
  readonly root: string;
  /** What addresses begin with, as `/dcp/`; the rest is a path below `root`. */
  readonly prefix: string;
  isPublished(segments: readonly string[]): boolean;
  /** A client that takes nothing for so long is cut, ms. One that takes little, but steadily, is served to the end. */
  readonly idleMs?: number;
  /** Told of the bytes of files that went out. */
  sent?(bytes: number): void;
}

/**
 * Serves regular files below a directory over HTTP with validators and ranges (R rows, RFC 9110). Nothing hidden, nothing through links.
 * A connection costs two blocks of memory and one descriptor, however many requests it sends at once: one is looked at when the answers before it are out.
 */
export class FileServer implements Startable {
  readonly name: string;
  readonly #log: Logger;
  readonly #options: FileServerOptions;
  readonly #server: Server;
  #listening: ListenAddress;

  constructor({ log }: { log: Logger }, options: FileServerOptions) {
    this.name = options.name;
    this.#log = log;
    this.#options = options;
    this.#listening = options.address;
    this.#server = createServer(
      { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 15_000 },
      (req, res) => void this.#handle(req, res),
    );
    this.#server.timeout = options.idleMs ?? IDLE_MS;
    this.#server.maxConnections = 1024;
  }

  async start(): Promise<void> {
    this.#listening = await listen(this.#server, this.#options.address, this.#options.addressFrom);
    this.#log.info({ ...this.#listening }, `${this.name} listens`);
  }

  /** What addresses of files begin with, once it listens. */
  get url(): string {
    const { host, port } = this.#listening;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}${this.#options.prefix}`;
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      await turnOf(req, res);
      await this.#serve(req, res);
    } catch (error) {
      this.#report(error, req);
      if (res.headersSent || error instanceof ClientGone) res.destroy();
      else sendRefusal(res, refusal(isForbidden(error) ? 403 : 500));
    }
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = '', url = '' } = req;
    if (method !== 'GET' && method !== 'HEAD') return sendRefusal(res, refusal(405, { allow: 'GET, HEAD' }));
    const { root, prefix } = this.#options;
    const segments = segmentsOf(url, prefix);
    const isNamed = segments !== undefined && this.#options.isPublished(segments);
    const file = isNamed ? await openPublished(root, segments.join('/')) : undefined;
    if (!file) return sendRefusal(res, refusal(404));
    try {
      const { status, headers, body } = answerTo(method, req.headers, file.representation);
      await sendBody(res.writeHead(status, headers), body, file.handle, bytes => this.#options.sent?.(bytes));
    } finally {
      await file.handle.close();
    }
  }

  /** The query is not shown: a CDN may have put a signature there (hostile input 12). */
  #report(error: unknown, req: IncomingMessage): void {
    const url = shownUrl(req.url ?? '');
    if (error instanceof ClientGone) this.#log.debug({ url }, `${this.name}: the client is gone`);
    else if (error instanceof BftError || isForbidden(error)) this.#log.warn({ url, err: error }, this.name);
    else this.#log.error({ url, err: error }, this.name);
  }
}

/** Answers leave a connection in the order of their requests (RFC 9112, 9.3.2): the socket is an answer's when its turn has come. */
function turnOf(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (res.socket) return Promise.resolve();
  return new Promise((resolve, reject) => {
    res.once('socket', () => resolve());
    req.once('close', () => reject(new ClientGone()));
  });
}

const isForbidden = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(errno(error) ?? '');

const sendRefusal = (res: ServerResponse, { status, headers }: Answer): void => {
  res.writeHead(status, headers).end();
};
