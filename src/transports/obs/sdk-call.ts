import type { ClientRequest } from 'node:http';
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

/** What the SDK leaves open: a call is bounded in time and bytes, stops with the signal, and rejects instead of resolving with an error. */
export async function callSdk({ what, timeoutMs, allowed, send }: Call, signal: AbortSignal): Promise<CallResult> {
  signal.throwIfAborted();
  const guard = new CallGuard(what, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  try {
    const result = await Promise.race([guard.stopped, send(request => guard.watch(request))]);
    signal.throwIfAborted();
    const { Status: status, Code: code, Message: message } = result.CommonMsg;
    if (status < 300 || allowed.includes(status)) return result;
    throw refusal(what, { status, code, message, headers: guard.headers });
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

  watch(request: ClientRequest): void {
    this.#request = request;
    let bytes = 0;
    request.once('response', response => {
      this.headers = response.headers;
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
