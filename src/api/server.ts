import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Router } from '@koa/router';
import Koa, { type Context } from 'koa';
import type { Asset } from '../console/assets.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { asBftError, BftError } from '../core/errors.ts';
import { closeServer, listen, type ListenAddress } from '../core/listen.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { Access } from './access.ts';
import { refusal, writeEnvelope } from './envelope.ts';
import { checkContentType, checkHost, checkOrigin, checkSite } from './guard.ts';
import { securityHeaders } from './headers.ts';
import type { NodeApi } from './node.ts';
import type { LiveStreams } from './rest/live-streams.ts';
import { isRestPath, refusalPage, restStatus } from './rest/refusal.ts';
import { consolePages } from './pages.ts';
import { probeRouter } from './probes.ts';
import { createRouter } from './router.ts';
import { sessionRouter } from './session.ts';

/** PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerOptions {
  readonly address: ListenAddress;
  /** Where the address was configured. */
  readonly key?: 'apilisten' | 'consolelisten';
  /** '': none is needed. */
  readonly token: string;
  /** Goes into the sessions, beside the token. */
  readonly sessionKey?: string;
  /** Names, separated by commas, that callers beyond loopback may use. */
  readonly hostnames?: () => string;
  readonly tls?: KeyPair | undefined;
  /** The files of the console, if it is served here. */
  readonly assets?: () => Promise<ReadonlyMap<string, Asset>>;
}

interface Components {
  readonly node: NodeApi;
  readonly streams: LiveStreams;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Bodies have limits of their own (`body.ts`): a large one may take hours on a slow line. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 3 * 60 * 60_000,
  keepAliveTimeout: 5_000,
  // How often it is looked whose time is over: half a minute, by default.
  connectionsCheckingInterval: 2_000,
};

/** A listener of the HTTP API of a node (port 8191 in the original), with or without the console. Every wait and size on it is bounded. */
export class ApiServer implements Startable {
  readonly name: string;
  readonly #key: string;
  readonly #log: Logger;
  readonly #options: ListenerOptions;
  readonly #server: Server | TlsServer;

  constructor({ node, streams, log, clock = systemClock }: Components, options: ListenerOptions) {
    const { tls } = options;
    this.#key = options.key ?? 'apilisten';
    this.name = this.#key === 'apilisten' ? 'api' : 'console';
    this.#log = log;
    this.#options = options;
    const handle = this.#app(node, streams, clock).callback();
    const onRequest = (...[req, res]: Parameters<typeof handle>) => void handle(req, res);
    this.#server = tls
      ? createTlsServer({ ...LIMITS, handshakeTimeout: LIMITS.headersTimeout, ...tls }, onRequest)
      : createServer(LIMITS, onRequest);
    this.#server.timeout = 120_000;
    this.#server.maxConnections = 256;
  }

  async start(): Promise<void> {
    const { host, port } = await listen(this.#server, this.#options.address, this.#key);
    this.#log.info({ host, port, tls: this.#options.tls !== undefined }, `${this.name} listens`);
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  /** A certificate that was renewed, for connections from now on. */
  renew(pair: KeyPair): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(pair);
  }

  #app(node: NodeApi, streams: LiveStreams, clock: Clock): Koa {
    const { address, token, sessionKey, hostnames = () => '', tls, assets } = this.#options;
    const access = new Access({ clock }, token, sessionKey);
    const isTls = tls !== undefined;
    const open = [probeRouter(node), sessionRouter(access, { listenHost: address.host, isTls })];
    const router = createRouter(node, streams, error => this.#log.error({ err: error }, 'a defect of the daemon'));
    const app = new Koa();
    // Without a listener koa would write to stderr, past the log: connections that break, and answers that cannot be written. What hangs on the error,
    // such as the bytes that could not be parsed, may have the token in it.
    app.on('error', ({ message }: Error) =>
      this.#log.warn({ why: message }, `${this.name}: an answer could not be given`),
    );
    app.use(securityHeaders());
    app.use((ctx, next) => this.#answerErrors(ctx, next));
    app.use((ctx, next) => {
      checkHost(ctx, address.host, hostnames());
      checkOrigin(ctx, isTls);
      checkSite(ctx);
      return next();
    });
    if (assets) app.use(consolePages(assets));
    for (const one of open) app.use(one.routes());
    app.use((ctx, next) => {
      access.check(ctx);
      if (ctx.method === 'POST') checkContentType(ctx, address.host);
      return next();
    });
    app.use(router.routes());
    app.use(ctx => refuseUnknown(ctx, [...open, router]));
    return app;
  }

  async #answerErrors(ctx: Context, next: () => Promise<unknown>): Promise<void> {
    try {
      await next();
    } catch (cause) {
      const error = asBftError(cause, 'INTERNAL', `${ctx.method} ${ctx.path}`);
      if (error.code === 'INTERNAL') this.#log.error({ err: error }, 'a defect of the daemon');
      const isRest = isRestPath(ctx.path);
      ctx.status = isRest ? restStatus(error.code) : error.status;
      ctx.body = isRest ? refusalPage(error) : writeEnvelope({ id: '', method: '', params: undefined }, refusal(error));
      if (error.retryAfterMs > 0) ctx.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
    }
    // What is left of a body that nobody wants is not waited for.
    if (!ctx.req.complete && !ctx.headerSent) ctx.set('connection', 'close');
  }
}

function refuseUnknown(ctx: Context, routers: readonly Router[]): never {
  const layers = routers.flatMap(({ stack }) => stack).filter(layer => layer.match(ctx.path));
  if (layers.length === 0) throw new BftError('PATH_UNKNOWN', `there is nothing at ${ctx.path}`);
  ctx.set('allow', [...new Set(layers.flatMap(({ methods }) => methods))].join(', '));
  throw new BftError('HTTP_METHOD', `${ctx.path} does not know ${ctx.method}`);
}
