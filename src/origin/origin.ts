import { realpath } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import send from 'send';
import type { Startable } from '../core/lifecycle.ts';
import { closeServer, listen, type ListenAddress } from '../core/listen.ts';
import type { Logger } from '../core/log.ts';
import { realPathInside } from '../disk/inside.ts';

const PREFIX = '/dcp/';
/** What is published below a `<basesubdir>`: packages with their torrents, and cut torrents with their signed lists (BD-14, BD-15). */
const PUBLISHED = new Set(['dcps', 'dcps-tmp']);

/**
 * The web server that CDNs and receivers pull from: `/dcp/<path below the storage root>` (BD-21). Only the published sub-directories, only regular
 * files, nothing hidden, nothing through links. Ranges, validators and HEAD are `send`'s.
 */
export class Origin implements Startable {
  readonly name = 'origin';
  readonly #log: Logger;
  readonly #address: ListenAddress;
  readonly #root: string;
  readonly #server: Server;

  constructor({ log }: { log: Logger }, { root, address }: { root: string; address: ListenAddress }) {
    this.#log = log;
    this.#address = address;
    this.#root = root;
    this.#server = createServer(
      { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 15_000 },
      (req, res) => {
        this.#serve(req, res).catch((error: unknown) => {
          this.#log.error({ err: error }, 'origin');
          if (res.headersSent) res.destroy();
          else res.writeHead(500).end();
        });
      },
    );
    this.#server.timeout = 120_000;
    this.#server.maxConnections = 1024;
  }

  async start(): Promise<void> {
    const { host, port } = await listen(this.#server, this.#address, 'originlisten');
    this.#log.info({ host, port }, 'origin listens');
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'HEAD') return refuse(res, 405, { allow: 'GET, HEAD' });
    const path = publishedPath(req.url ?? '');
    if (path === undefined || !(await isThere(this.#root, path))) return refuse(res, 404);
    send(req, encodeURI(`/${path}`).replaceAll('#', '%23').replaceAll('?', '%3F'), {
      root: this.#root,
      dotfiles: 'ignore',
      index: false,
      cacheControl: false,
    })
      .on('error', (error: Error & { status?: number }) => refuse(res, error.status ?? 500))
      .on('directory', () => refuse(res, 404))
      .pipe(res);
  }
}

/** The path below the root that a request names, or undefined when it names nothing published. */
function publishedPath(url: string): string | undefined {
  const [encoded = ''] = url.split('?');
  if (!encoded.startsWith(PREFIX)) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(encoded.slice(PREFIX.length));
  } catch {
    return undefined;
  }
  const segments = path.split('/');
  const isPlain = segments.every(segment => segment !== '' && !segment.startsWith('.') && !/[\0\\]/.test(segment));
  return isPlain && segments.length >= 3 && PUBLISHED.has(segments[1] ?? '') ? path : undefined;
}

/** No link below the root is followed (hostile input 6): one that stays inside could still lead to what is not published. */
async function isThere(root: string, path: string): Promise<boolean> {
  const real = await realPathInside(root, join(root, path));
  return real !== undefined && real === join(await realpath(root), path);
}

function refuse(res: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  if (res.headersSent) res.destroy();
  else res.writeHead(status, { 'content-length': 0, ...headers }).end();
}
