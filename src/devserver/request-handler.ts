import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { ADMIN_PREFIX, type AdminComponents, answerAdmin } from './admin.ts';
import { authenticate, dialectOf, type SignedRequest } from './authenticate.ts';
import { ConnectionCut, withFault } from './body-fault.ts';
import { type Reply, xmlReply } from './exchange.ts';
import type { Fault } from './faults.ts';
import { ObsError, refusal } from './obs-error.ts';
import { type Operation, operationOf } from './operation.ts';
import { HANDLERS } from './operations/handlers.ts';
import { sendReply } from './send-reply.ts';
import type { Dialect } from './signature.ts';
import type { Store } from './storage/store.ts';
import { bucketOfHost, parseTarget } from './target.ts';
import { leaf, tree } from './xml.ts';

export interface RequestHandlerComponents extends AdminComponents {
  readonly store: Store;
  readonly keys: ReadonlyMap<string, string>;
  readonly domain: string;
  readonly clock: Clock;
}

/** Operations whose faults mid-body concern the body that comes in. */
const RECEIVING: ReadonlySet<Operation> = new Set<Operation>(['putObject', 'uploadPart']);

function refusalReply({ code, status, message, headers }: ObsError, dialect: Dialect, facts: readonly string[]): Reply {
  const root = tree('Error', leaf('Code', code), leaf('Message', message), ...facts);
  return xmlReply(root, status, {
    ...headers,
    [`x-${dialect}-error-code`]: code,
    [`x-${dialect}-error-message`]: message,
  });
}

function statusFault({ status, code, retryAfter }: Extract<Fault, { kind: 'status' }>): ObsError {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return new ObsError(code, status, 'A fault on demand', headers);
}

/** One exchange on the wire. It holds the connection, and what has become known of the request so far. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #components: RequestHandlerComponents;
  readonly #closed: Promise<void>;
  readonly #id = randomBytes(16).toString('hex').toUpperCase();
  #dialect: Dialect = 'obs';

  constructor(request: IncomingMessage, response: ServerResponse, components: RequestHandlerComponents) {
    this.#request = request;
    this.#response = response;
    this.#components = components;
    this.#closed = new Promise(resolve => response.once('close', () => resolve()));
    response.setHeader('x-obs-request-id', this.#id);
    response.setHeader('x-amz-request-id', this.#id);
  }

  async run(): Promise<void> {
    try {
      await (this.#isAdmin() ? this.#admin() : this.#operate());
    } catch (error) {
      await this.#refuse(error);
    }
    // What an answer left unread of the request would block the next request on the connection.
    this.#request.resume();
  }

  get #host(): string {
    return this.#request.headers.host ?? '';
  }

  #isAdmin(): boolean {
    const ownHost = bucketOfHost(this.#host, this.#components.domain) === undefined;
    return ownHost && this.#request.url?.startsWith(ADMIN_PREFIX) === true;
  }

  async #admin(): Promise<void> {
    await sendReply(this.#response, await answerAdmin(this.#request, this.#components), undefined, this.#closed);
  }

  async #operate(): Promise<void> {
    const { store, keys, domain, clock, faults, counts } = this.#components;
    const { method = '', url = '', headers, headersDistinct } = this.#request;
    const target = parseTarget(url, this.#host, domain);
    const signed: SignedRequest = { method, headers: headersDistinct, target };
    this.#dialect = dialectOf(signed);
    const operation = operationOf(method, target);
    const now = clock.now();
    if (operation !== 'apiVersion') authenticate(signed, keys, now);

    const succeeded = counts.begin(operation);
    const fault = faults.take({ method, key: target.key, operation, hasRange: headers.range !== undefined });
    if (fault?.kind === 'status') throw statusFault(fault);
    const receiving = RECEIVING.has(operation);
    const reply = await HANDLERS[operation]({
      target,
      headers: fault?.kind === 'ignoreRange' ? { ...headers, range: undefined } : headers,
      body: this.#body(receiving ? fault : undefined),
      dialect: this.#dialect,
      store,
      now,
    });
    this.#response.once('finish', succeeded);
    await sendReply(this.#response, reply, receiving ? undefined : fault, this.#closed);
  }

  /** Leaving the iterator must not destroy the request: its connection still has to carry the answer. */
  async *#body(fault: Fault | undefined): AsyncGenerator<Buffer> {
    const chunks = { [Symbol.asyncIterator]: () => this.#request.iterator({ destroyOnReturn: false }) };
    const size = Number(this.#request.headers['content-length'] ?? 0);
    yield* withFault({ size, chunks: chunks as AsyncIterable<Buffer> }, fault, this.#closed);
  }

  async #refuse(error: unknown): Promise<void> {
    const gone = this.#request.destroyed && !this.#request.complete;
    if (error instanceof ConnectionCut || gone || this.#response.headersSent) {
      this.#response.destroy();
      return;
    }
    if (!(error instanceof ObsError)) console.error(error);
    const known = error instanceof ObsError ? error : refusal('InternalError');
    const path = this.#request.url?.split('?', 1)[0] ?? '';
    const facts = [leaf('Resource', path), leaf('RequestId', this.#id), leaf('HostId', 'devserver')];
    await sendReply(this.#response, refusalReply(known, this.#dialect, facts), undefined, this.#closed);
  }
}

/** Answers one request. Never rejects because of what a client sent or because it went away. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  components: RequestHandlerComponents,
): Promise<void> {
  try {
    await new Exchange(request, response, components).run();
  } catch {
    response.destroy();
  }
}
