import TrackerServer from 'bittorrent-tracker/server';
import type { Startable } from '../core/lifecycle.ts';
import { listen, type ListenAddress } from '../core/listen.ts';
import type { Logger } from '../core/log.ts';

/** Peers ask again this often, so that a tracker that was restarted knows the swarm again soon. */
const ANNOUNCE_INTERVAL_MS = 60_000;

/** The embedded tracker, over HTTP, for demo, tests and small sites; production has its own (design: what is embedded). */
export class Tracker implements Startable {
  readonly name = 'tracker';
  readonly #log: Logger;
  readonly #address: ListenAddress;
  readonly #server: TrackerServer;

  constructor({ log }: { log: Logger }, address: ListenAddress) {
    this.#log = log;
    this.#address = address;
    this.#server = new TrackerServer({
      http: true,
      udp: false,
      ws: false,
      stats: false,
      trustProxy: false,
      interval: ANNOUNCE_INTERVAL_MS,
    });
    this.#server.on('warning', error => log.debug({ err: error }, 'tracker: a peer asked wrongly'));
    this.#server.on('error', error => log.error({ err: error }, 'tracker'));
  }

  async start(): Promise<void> {
    const { http } = this.#server;
    http.headersTimeout = 10_000;
    http.requestTimeout = 10_000;
    http.maxConnections = 1024;
    const { host, port } = await listen(http, this.#address, 'trackerlisten');
    this.#log.info({ host, port }, 'tracker listens');
  }

  stop(): Promise<void> {
    if (!this.#server.http.listening) return Promise.resolve();
    this.#server.http.closeAllConnections();
    return new Promise(resolve => this.#server.close(() => resolve()));
  }
}
