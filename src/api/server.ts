import { createServer, type Server } from 'node:http';
import Koa, { type Context } from 'koa';
import { asBftError, BftError } from '../core/errors.ts';
import { closeServer, listen, type ListenAddress } from '../core/listen.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { refusal, writeEnvelope } from './envelope.ts';
import { checkCaller, checkContentType } from './guard.ts';
import type { NodeApi } from './node.ts';
import type { LiveStreams } from './rest/live-streams.ts';
import { isRestPath, refusalPage, restStatus } from './rest/refusal.ts';
import { createRouter } from './router.ts';

/** The HTTP API of a node (port 8191 in the original). Every wait and size on the listener is bounded. */
export class ApiServer implements Startable {
  readonly name = 'api';
  readonly #log: Logger;
  readonly #address: ListenAddress;
  readonly #server: Server;

  constructor(
    { node, streams, log }: { node: NodeApi; streams: LiveStreams; log: Logger },
    { address, token }: { address: ListenAddress; token: string },
  ) {
    this.#log = log;
    this.#address = address;
    const router = createRouter(node, streams, error => log.error({ err: error }, 'a defect of the daemon'));
    const app = new Koa();
    // Without a listener koa would write to stderr, past the log: connections that break, and answers that cannot be written.
    app.on('error', (error: Error) => log.warn({ err: error }, 'api: an answer could not be given'));
    app.use((ctx, next) => this.#answerErrors(ctx, next));
    app.use(async (ctx, next) => {
      checkCaller(ctx, address.host, token);
      if (ctx.method === 'POST') checkContentType(ctx, address.host);
      await next();
    });
    app.use(router.routes());
    app.use(ctx =>
      refuseUnknown(
        ctx,
        router.stack.filter(layer => layer.match(ctx.path)).flatMap(layer => layer.methods),
      ),
    );
    const handle = app.callback();
    this.#server = createServer(
      { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 },
      (req, res) => void handle(req, res),
    );
    this.#server.timeout = 120_000;
    this.#server.maxConnections = 256;
  }

  async start(): Promise<void> {
    const { host, port } = await listen(this.#server, this.#address, 'apilisten');
    this.#log.info({ host, port }, 'api listens');
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
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
      // What is left of a body that was refused is not read.
      if (!ctx.req.complete) ctx.set('connection', 'close');
    }
  }
}

function refuseUnknown(ctx: Context, methods: readonly string[]): never {
  if (methods.length === 0) throw new BftError('PATH_UNKNOWN', `there is nothing at ${ctx.path}`);
  ctx.set('allow', [...new Set(methods)].join(', '));
  throw new BftError('HTTP_METHOD', `${ctx.path} does not know ${ctx.method}`);
}
