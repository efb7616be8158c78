import { pipeline } from 'node:stream/promises';
import got, { type Got, type OptionsInit, RequestError } from 'got';
import { BftError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { Refusal, type Refused } from '../failure.ts';
import { pathOf } from '../protocol-methods.ts';
import type { Connection } from './connection.ts';

const CONNECT_MS = 10_000;
/** Making ready what was asked may take its time: a recv fetches torrents before it answers. */
const ANSWER_MS = 120_000;

interface Envelope {
  readonly return_status?: string;
  readonly return_content?: Readonly<Record<string, unknown>>;
}
type Sent = Pick<OptionsInit, 'body' | 'headers' | 'searchParams'>;
type Query = Readonly<Record<string, string | number | undefined>>;

/** The API of one node. Everything throws NODE_UNREACHABLE, and Refusal with what the node said. */
export class NodeClient {
  readonly isLocal: boolean;
  readonly #url: string;
  readonly #got: Got;

  constructor({ url, token, ca, agent, isLocal }: Connection, signal: AbortSignal) {
    this.isLocal = isLocal;
    this.#url = url;
    this.#got = got.extend({
      headers: { 'user-agent': 'bft', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      // To another host the token must not go, and a node does not redirect.
      followRedirect: false,
      retry: { limit: 0 },
      throwHttpErrors: false,
      timeout: { connect: CONNECT_MS, secureConnect: CONNECT_MS, response: ANSWER_MS },
      signal,
      ...(agent === undefined ? {} : { agent: { https: agent } }),
      ...(ca === undefined ? {} : { https: { certificateAuthority: ca } }),
    });
  }

  /** An answer of /api/v1, of the shape that the node promises for the path. */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    return (await this.#json('GET', path, { searchParams: query })) as T;
  }

  async text(path: string, query: Query = {}): Promise<string> {
    const { statusCode, body } = await this.#request('GET', path, { searchParams: query });
    if (statusCode !== 200) throw refusal(body, statusCode);
    return body;
  }

  /** Passes an answer on as it comes, however long it is. */
  async pipe(path: string, to: NodeJS.WritableStream): Promise<void> {
    const stream = this.#got.stream(this.#url + path, { throwHttpErrors: true });
    await pipeline(stream, to, { end: false }).catch((cause: unknown) => {
      if (!(cause instanceof RequestError)) throw cause;
      const status = cause.response?.statusCode;
      throw status === undefined ? this.#unreachable(cause) : refusal(String(cause.response?.body), status);
    });
  }

  async post<T>(path: string, body: string | object, query: Query = {}): Promise<T> {
    const content = typeof body === 'string' ? body : JSON.stringify(body);
    return (await this.#json('POST', path, { ...sent(content), searchParams: query })) as T;
  }

  /** Content of the answer of a method of the protocol. */
  async ask(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    const { statusCode, body } = await this.#ask(method, params);
    const { return_status, return_content } = parsed(body, statusCode) as Envelope;
    if (statusCode !== 200 || return_status !== 'true') throw refusal(body, statusCode);
    return return_content ?? {};
  }

  /** The answer of a method as it came, a refusal, too. */
  async raw(method: string, params: object): Promise<string> {
    return (await this.#ask(method, params)).body;
  }

  #ask(method: string, params: object) {
    const envelope = { message_id: String(process.pid), message_type: 'request', message_source: 'bft' };
    const body = JSON.stringify({ ...envelope, method_name: method, method_params: params });
    return this.#request('POST', pathOf(method), sent(body));
  }

  async #json(method: 'GET' | 'POST', path: string, options: Sent): Promise<unknown> {
    const { statusCode, body } = await this.#request(method, path, options);
    if (statusCode !== 200) throw refusal(body, statusCode);
    return parsed(body, statusCode);
  }

  async #request(method: 'GET' | 'POST', path: string, options: Sent): Promise<{ statusCode: number; body: string }> {
    try {
      return await this.#got(this.#url + path, { ...options, method });
    } catch (cause) {
      throw this.#unreachable(cause);
    }
  }

  #unreachable(cause: unknown): Error {
    if (!(cause instanceof RequestError)) return cause instanceof Error ? cause : new Error(String(cause));
    const why = (cause.message || cause.code).split(/[;\n]/)[0];
    return new BftError('NODE_UNREACHABLE', `no answer from ${this.#url}: ${why}${hintOf(cause.code)}`, { cause });
  }
}

/** What people mix up most. */
function hintOf(code: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return '; call the node by a name that its certificate has';
  if (code.includes('CERT') || code.includes('SIGNATURE')) return '; --ca FILE names a certificate to trust';
  if (code === 'ECONNRESET') return '; a node that listens with TLS is called https://';
  return code === 'EPROTO' ? '; a node that listens without TLS is called http://' : '';
}

const sent = (body: string): Sent => ({ body, headers: { 'content-type': 'application/json' } });

function parsed(body: string, status: number): unknown {
  try {
    return parseJson(body);
  } catch (cause) {
    throw stranger(`it answered with status ${status} and no JSON`, status, cause);
  }
}

/** Out of the page of /api/v1, or the envelope of the protocol. */
function refusal(body: string, status: number): Refusal {
  const page = parsed(body, status) as ({ error?: Partial<Refused> } & Envelope) | null;
  const { code, desc, ...more } = page?.error ?? page?.return_content ?? {};
  return typeof desc === 'string'
    ? new Refusal({ ...more, code: typeof code === 'string' ? code : 'INTERNAL', desc }, status)
    : stranger(`it answered with status ${status} and no words of bftv2`, status);
}

/** Something else than a node answers there. */
const stranger = (why: string, status: number, cause?: unknown): Refusal =>
  new Refusal(
    { code: 'NODE_UNREACHABLE', desc: `that is no node of bftv2: ${why}`, next: 'Check the address of the node.' },
    status,
    { cause },
  );
