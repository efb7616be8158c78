import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { type Got } from 'got';
import { BftError } from '../../core/errors.ts';
import { shownUrl } from '../../core/shown-url.ts';

const IDLE_MS = 30_000;

/** The HTTP client of all transports: keep-alive, no retries of its own (withRetry has them), every wait bounded, TLS verified. */
export function createHttpClient(): Got {
  const options = { keepAlive: true, maxFreeSockets: 16 };
  return got.extend({
    agent: { http: new HttpAgent(options), https: new HttpsAgent(options) },
    retry: { limit: 0 },
    throwHttpErrors: false,
    decompress: false,
    maxRedirects: 5,
    timeout: { lookup: 10_000, connect: 10_000, secureConnect: 10_000, socket: IDLE_MS, response: IDLE_MS },
    headers: { 'user-agent': 'bftv2', 'accept-encoding': 'identity' },
  });
}

/** Checks an address that came with a task: http or https only (hostile input 11). */
export function checkUrl(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new BftError('SOURCE_REFUSES', `${JSON.stringify(text.slice(0, 200))} is no http(s) address`, {
    permanent: true,
  });
}

/** The path of a file below a base address; every segment is encoded, `#` and `?` too. */
export function fileUrl(base: string, file: string): string {
  return `${base}/${file.split('/').map(encodeURIComponent).join('/')}`;
}

/** Turns an HTTP status that is no success into an error that says whether time may heal it. */
export function statusError(status: number, url: URL | string, headers: Readonly<Record<string, unknown>>): BftError {
  const heals = status >= 500 || status === 429 || status === 408 || status === 425;
  const seconds = Number(headers['retry-after']);
  return new BftError('SOURCE_REFUSES', `${shownUrl(url)} answered ${status}`, {
    permanent: !heals,
    answered: status,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3600) * 1000 : 0,
  });
}

/** Wraps what the network throws. */
export function networkError(cause: unknown, url: URL | string): BftError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return cause instanceof BftError
    ? cause
    : new BftError('SOURCE_UNREACHABLE', `${shownUrl(url)} cannot be reached: ${why.split('?')[0]}`, { cause });
}
