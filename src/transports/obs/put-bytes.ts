import type { HttpClient } from '../http/client.ts';
import { networkError } from '../http/failures.ts';
import { refusal, unreadableAnswer } from './refusal.ts';

const SLICE_BYTES = 256 * 1024;
const STEP_BYTES = 16 * 1024;
const SLICE_MS = 1000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Awaited before so many bytes go out. */
export type Throttle = (bytes: number, signal: AbortSignal) => Promise<void>;

export interface SignedPut {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends bytes to a signed address; resolves with the headers of the answer. `what` names the object in errors. The bytes are not touched after it has
 * settled. Nothing is followed: bytes go to the address that was signed, or nowhere.
 */
export async function putBytes(
  { http, throttle }: { http: HttpClient; throttle: Throttle },
  what: string,
  { url, headers }: SignedPut,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string | string[] | undefined>>> {
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  try {
    const request = http.put(url, {
      headers: { ...headers, 'content-length': String(bytes.length) },
      body: slices(bytes, throttle, until),
      signal: until,
      followRedirect: false,
      throwHttpErrors: false,
    });
    void request.on('downloadProgress', ({ transferred }) => {
      if (transferred > MAX_ANSWER_BYTES) ended.abort(unreadableAnswer(what, 'the answer has no end'));
    });
    const { statusCode: status, body, headers: answered } = await request;
    if (status >= 200 && status < 300) return answered;
    const [code, message] = ['Code', 'Message'].map(name => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]);
    throw refusal(what, { status, code, message, headers: answered });
  } catch (error) {
    signal.throwIfAborted();
    if (ended.signal.aborted) throw ended.signal.reason;
    throw networkError(error, url);
  } finally {
    // An answer that came before all was sent leaves a connection that still would send.
    ended.abort();
  }
}

/** Large slices are fast; where the throttle lets little through it goes at once, so that the connection does not look idle. */
async function* slices(bytes: Uint8Array, throttle: Throttle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const begin = performance.now();
    const most = Math.min(at + SLICE_BYTES, bytes.length);
    let end = at;
    while (end < most && performance.now() - begin < SLICE_MS) {
      const step = Math.min(STEP_BYTES, most - end);
      await throttle(step, signal);
      end += step;
    }
    yield bytes.subarray(at, end);
    at = end;
  }
}
