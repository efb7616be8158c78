import type { NodeApi } from '../api/node.ts';
import type { LiveStreams } from '../api/rest/live-streams.ts';
import { ApiServer, type KeyPair } from '../api/server.ts';
import type { Config } from '../config/schema.ts';
import { consoleAssets } from '../console/assets.ts';
import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';
import type { Startable } from '../core/lifecycle.ts';
import { isLoopback, type ListenAddress, parseListen } from '../core/listen.ts';
import type { Logger } from '../core/log.ts';
import { readKeyPair } from '../config/key-pair.ts';
import { ownSessionKey, ownToken } from './token-file.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const KEYS = ['apilisten', 'consolelisten'] as const;

interface Components {
  readonly node: NodeApi;
  readonly streams: LiveStreams;
  readonly log: Logger;
  readonly clock: Clock;
}

interface Secrets {
  readonly pair: KeyPair | undefined;
  /** Of the daemon's own making; '': `apitoken` counts, or none is needed. */
  readonly token: string;
  readonly sessionKey: string;
}

/** What people and programs reach the node by: the API, and the console, which has the whole API besides. Beyond loopback with a token and TLS. */
export class Listeners implements Startable {
  readonly name = 'listeners';
  readonly #c: Components;
  readonly #config: () => Config;
  readonly #secured: ApiServer[] = [];
  #running: ApiServer[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(components: Components, config: () => Config) {
    this.#c = components;
    this.#config = config;
  }

  /** Throws CONFIG_INVALID, TOKEN_FILE or LISTEN_FAILED. */
  async start(): Promise<void> {
    const config = this.#config();
    const open = KEYS.some(key => isOpen(parseListen(config[key], key)));
    const secrets: Secrets = {
      pair: open ? await this.#keyPair() : undefined,
      token: open && config.apitoken === '' ? await ownToken(config.statepath, this.#c.log) : '',
      sessionKey: config.apitoken === '' ? '' : await ownSessionKey(config.statepath),
    };
    for (const key of KEYS) {
      const address = parseListen(config[key], key);
      if (!address) continue;
      const server = this.#server(key, address, secrets);
      this.#running.push(server);
      await server.start();
    }
    if (secrets.pair) this.#timer = setInterval(() => void this.#keyPair().catch(this.#tell), DAY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const running = this.#running;
    this.#secured.length = 0;
    this.#running = [];
    await Promise.all(running.map(server => server.stop()));
  }

  /** Takes certificates that were renewed. Throws CONFIG_INVALID; those in use stay then. */
  async renew(): Promise<void> {
    if (this.#secured.length === 0) return;
    const pair = await this.#keyPair();
    for (const server of this.#secured) if (pair) server.renew(pair);
  }

  #server(key: (typeof KEYS)[number], address: ListenAddress, { pair, token, sessionKey }: Secrets): ApiServer {
    const { apitoken } = this.#config();
    const isOthers = isOpen(address);
    const server = new ApiServer(this.#c, {
      address,
      key,
      token: apitoken !== '' ? apitoken : isOthers ? token : '',
      sessionKey,
      hostnames: () => this.#config().hostnames,
      tls: isOthers ? pair : undefined,
      ...(key === 'consolelisten' ? { assets: consoleAssets } : {}),
    });
    if (isOthers && pair) this.#secured.push(server);
    return server;
  }

  #keyPair(): Promise<KeyPair | undefined> {
    return readKeyPair(this.#config(), this.#c.log, this.#c.clock.now());
  }

  readonly #tell = (error: unknown) =>
    this.#c.log.error({ err: error, code: error instanceof BftError ? error.code : 'INTERNAL' }, 'the certificate');
}

const isOpen = (address: ListenAddress | undefined) => address !== undefined && !isLoopback(address.host);
