import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { errno } from '../../core/errors.ts';
import type { Agents } from './agents.ts';
import { BulkReader } from './bulk-reader.ts';
import { MAX_REDIRECTS, type Reach, refusedRedirect } from './reach.ts';

const MAX_HEADER_BYTES = 16 * 1024;

export type Headers = Readonly<Record<string, string>>;

/** The answer to a GET, its body not yet read, and the address it came from after redirects. */
export interface Answer {
  readonly url: URL;
  readonly message: IncomingMessage;
  /** A chunk is good until the next one is asked for. */
  readonly body: AsyncIterable<Buffer>;
}

/** GETs the bodies of files: node:http itself, since any layer above it costs as much CPU time per byte again. */
export class BulkClient {
  /** How long a source may send nothing, ms; answers must begin in this time, too. */
  readonly idleMs: number;
  readonly #reach: Reach;
  readonly #headers: Headers;

  constructor(reach: Reach, { idleMs, headers }: { idleMs: number; headers: Headers }) {
    this.#reach = reach;
    this.idleMs = idleMs;
    this.#headers = headers;
  }

  /** Follows redirects. The caller reads the body to its end, or destroys it. Rejects with BftErrors and what the network throws. */
  async open(address: URL, headers: Headers, signal: AbortSignal): Promise<Answer> {
    this.#reach.check(address);
    let url = address;
    let { agents } = this.#reach;
    for (let redirects = 0; ; redirects++) {
      const message = await this.#send(url, agents, headers, signal);
      if (!isRedirect(message)) return { url, message, body: bodyOf(message) };
      const { remoteAddress } = message.socket;
      message.destroy();
      if (redirects === MAX_REDIRECTS) throw refusedRedirect(address, `more than ${MAX_REDIRECTS} times`);
      const target = targetOf(message, url);
      agents = this.#reach.follow(url, target, remoteAddress);
      url = target;
    }
  }

  async #send(url: URL, agents: Agents, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    for (;;) {
      const message = await this.#sendOnce(url, agents, headers, signal);
      if (message) return message;
    }
  }

  /** Undefined when a kept connection was closed by the other side just before it was used again: another one is to be taken. */
  #sendOnce(url: URL, agents: Agents, headers: Headers, signal: AbortSignal): Promise<IncomingMessage | undefined> {
    const isTls = url.protocol === 'https:';
    const options = { headers: { ...this.#headers, ...headers }, signal, maxHeaderSize: MAX_HEADER_BYTES };
    const request = isTls
      ? requestTls(url, { ...options, agent: agents.https })
      : requestPlain(url, { ...options, agent: agents.http });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage | undefined>();
    const timer = setTimeout(() => request.destroy(new Error(`no answer for ${this.idleMs} ms`)), this.idleMs);
    request.on('error', error => {
      const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(errno(error) ?? '');
      if (isStale) resolve(undefined);
      else reject(error);
    });
    request.once('close', () => reject(new Error('closed without an answer')));
    request.once('socket', socket => BulkReader.of(socket)?.expectBody());
    request.once('response', resolve);
    request.end();
    return promise.finally(() => clearTimeout(timer));
  }
}

function bodyOf(message: IncomingMessage): AsyncIterable<Buffer> {
  const reader = BulkReader.of(message.socket);
  if (reader?.bodyBytes === undefined) return message;
  message.headers['content-length'] = String(reader.bodyBytes);
  return reader.body(message);
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
}

/** Credentials of an address stay with its host. */
function targetOf({ headers: { location = '' } }: IncomingMessage, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw refusedRedirect(from, 'to what is no address');
  const target = new URL(location, from);
  if (target.origin !== from.origin) [target.username, target.password] = ['', ''];
  return target;
}
