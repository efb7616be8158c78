import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { CallResult } from 'esdk-obs-nodejs';
import { asBftError, BftError } from '../../core/errors.ts';
import { refusal, unreadableAnswer } from './refusal.ts';

/** A page of a listing, 1000 keys of 1024 bytes in their longest spelling, is smaller. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface Call {
  /** The object, for errors. */
  readonly what: string;
  /** How long the whole call may take, ms. */
  readonly timeoutMs: number;
  /** Statuses that are no error. */
  readonly allowed: readonly number[];
  readonly send: (hook: (request: ClientRequest) => void) => Promise<CallResult>;
}

export interface HeadAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** What the SDK leaves open: a call is bounded in time and bytes, stops with the signal, and rejects instead of resolving with an error. */
export async function callSdk(call: Call, signal: AbortSignal): Promise<CallResult> {
  return await guarded(call, signal, async guard => {
    const result = await call.send(request => guard.watch(request));
    const { Status: status, Code: code, Message: message } = result.CommonMsg;
    if (status < 300 || call.allowed.includes(status)) return result;
    throw refusal(call.what, { status, code, message, headers: guard.headers });
  });
}

/** The same for a HEAD, which is answered with its headers, whatever the SDK makes of what follows. */
export async function headSdk(call: Call, signal: AbortSignal): Promise<HeadAnswer> {
  return await guarded(call, signal, async guard => {
    const sent = call.send(request => guard.watch(request)).then(() => guard.answered);
    const { status, headers } = await Promise.race([guard.answered, sent]);
    if (status < 300 || call.allowed.includes(status)) return { status, headers };
    throw refusal(call.what, { status, code: headers['x-obs-error-code'], message: '', headers });
  });
}

async function guarded<T>(
  { what, timeoutMs }: Call,
  signal: AbortSignal,
  work: (guard: CallGuard) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const guard = new CallGuard(what, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  try {
    const result = await Promise.race([guard.stopped, work(guard)]);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw asBftError(error, 'SOURCE_UNREACHABLE', what);
  } finally {
    guard.end();
  }
}

/** Holds on to the request of a call: the SDK itself would wait for ever, read without end, and leave the request behind. */
class CallGuard {
  readonly #what: string;
  readonly #limit: AbortSignal;
  readonly #stopping = Promise.withResolvers<never>();
  readonly #answered = Promise.withResolvers<HeadAnswer>();
  #request: ClientRequest | undefined;
  headers: Readonly<Record<string, unknown>> = {};

  constructor(what: string, limit: AbortSignal) {
    this.#what = what;
    this.#limit = limit;
    this.#stopping.promise.catch(() => {});
    limit.addEventListener('abort', this.#stop, { once: true });
  }

  get stopped(): Promise<never> {
    return this.#stopping.promise;
  }

  /** Resolves when the headers of an answer are there. */
  get answered(): Promise<HeadAnswer> {
    return this.#answered.promise;
  }

  watch(request: ClientRequest): void {
    this.#request = request;
    let bytes = 0;
    request.once('response', response => {
      this.headers = response.headers;
      this.#answered.resolve({ status: response.statusCode ?? 0, headers: response.headers });
      // Some servers end an answer to HEAD as if it had a body: nothing that follows on that connection could be read.
      if (request.method === 'HEAD' && 'transfer-encoding' in response.headers) request.shouldKeepAlive = false;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) this.#fail(unreadableAnswer(this.#what, 'the answer has no end'));
      });
    });
    if (this.#limit.aborted) this.#stop();
  }

  end(): void {
    this.#limit.removeEventListener('abort', this.#stop);
    if (this.#request && !this.#request.closed) this.#request.once('error', () => {});
  }

  readonly #stop = (): void => {
    this.#fail(new BftError('SOURCE_UNREACHABLE', `${this.#what}: the bucket did not answer in time`));
  };

  #fail(error: BftError): void {
    this.#stopping.reject(error);
    this.#request?.destroy(error);
  }
}
