import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../core/clock.ts';
import { FaultRules } from './faults.ts';
import { RequestCounts } from './request-counts.ts';
import { handleRequest, type RequestHandlerComponents } from './request-handler.ts';
import { Store } from './storage/store.ts';

const KEEP_ALIVE_MS = 60_000;

export interface ObsServerOptions {
  /** Directory of everything stored; made when missing. One server at a time. */
  readonly root: string;
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port?: number;
  /** Secret keys by their access keys. */
  readonly keys: Readonly<Record<string, string>>;
  /** Buckets to make at the start; those that exist stay as they are. */
  readonly buckets?: readonly string[];
  /** In virtual-host style `bucket.<domain>` names the bucket; any other host means path style. */
  readonly domain?: string;
  readonly clock?: Clock;
}

export interface Listening {
  readonly url: string;
  readonly port: number;
}

function listening({ address, family, port }: AddressInfo): Listening {
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, port };
}

/** A small object server that speaks the OBS protocol, for the demo and for tests. Start it once, stop it once. */
export class ObsServer {
  readonly #options: ObsServerOptions;
  readonly #running = new Set<Promise<void>>();
  #server: Server | undefined;

  constructor(options: ObsServerOptions) {
    this.#options = options;
  }

  /** Resolves when requests are answered; what an earlier server stored in the same root is there. */
  async start(): Promise<Listening> {
    const components = await this.#components();
    const { host = '127.0.0.1', port = 0 } = this.#options;
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      const exchange = handleRequest(request, response, components);
      this.#running.add(exchange);
      void exchange.finally(() => this.#running.delete(exchange));
    });
    server.listen(port, host);
    await once(server, 'listening');
    this.#server = server;
    return listening(server.address() as AddressInfo);
  }

  /** Closes every connection, in the middle of an answer too, and resolves when nothing touches the root any more. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await Promise.all(this.#running);
  }

  async #components(): Promise<RequestHandlerComponents> {
    const { root, keys, buckets = [], domain = 'obs.localhost', clock = systemClock } = this.#options;
    const store = await Store.open(root);
    for (const name of buckets) await store.create(name, clock.now());
    const [faults, counts] = [new FaultRules(), new RequestCounts()];
    return { store, keys: new Map(Object.entries(keys)), domain: domain.toLowerCase(), clock, faults, counts };
  }
}
