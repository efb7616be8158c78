import got, { type Got } from 'got';
import { BftError } from '../../core/errors.ts';
import { BulkClient } from './bulk-client.ts';
import { isHttp, MAX_REDIRECTS, Reach, type ReachOptions } from './reach.ts';

const IDLE_MS = 30_000;
const HEADERS = { 'user-agent': 'bftv2', 'accept-encoding': 'identity' };

/** `bulk` is for the bodies of files, the rest for small requests. */
export type HttpClient = Got & { readonly bulk: BulkClient };

/** The HTTP client of all transports: keep-alive, no retries of its own (withRetry has them), every wait bounded, certificates verified. */
export function createHttpClient(options: ReachOptions & { readonly idleMs?: number } = {}): HttpClient {
  const { idleMs = IDLE_MS } = options;
  const reach = new Reach(options);
  const client = got.extend({
    agent: reach.agents,
    retry: { limit: 0 },
    throwHttpErrors: false,
    decompress: false,
    maxRedirects: MAX_REDIRECTS,
    timeout: { lookup: 10_000, connect: 10_000, secureConnect: 10_000, socket: idleMs, response: idleMs },
    headers: HEADERS,
    hooks: {
      beforeRequest: [({ url }) => reach.check(new URL(String(url)))],
      beforeRedirect: [
        (next, { url, ip }) => {
          next.agent = reach.follow(new URL(url), new URL(String(next.url)), ip);
        },
      ],
    },
  });
  return Object.assign(client, { bulk: new BulkClient(reach, { idleMs, headers: HEADERS }) });
}

/** Checks an address that came with a task: http or https only (hostile input 11). */
export function checkUrl(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (isHttp(url)) return url;
  }
  throw new BftError('SOURCE_REFUSES', `${JSON.stringify(text.slice(0, 200))} is no http(s) address`, {
    permanent: true,
  });
}

/** The path of a file below a base address; every segment is encoded, `#` and `?` too. */
export function fileUrl(base: string, file: string): string {
  return `${base}/${file.split('/').map(encodeURIComponent).join('/')}`;
}
