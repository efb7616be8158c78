import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { bodyOf, type Variables } from './request-body.ts';

const TIMEOUT_MS = 10_000;

/** One request; the variables of its response (F-002, F-005, F-008). */
export async function ask(context: object, method: string, path: string): Promise<Record<string, unknown>> {
  const variables = context as Variables & Record<string, unknown>;
  const url = new URL(
    `${variables.url}${path.replace(/:([A-Za-z_]\w*)/g, (_, name: string) => String(variables[name]))}`,
  );
  for (const [key, value] of Object.entries(variables.query)) url.searchParams.append(key, String(value));
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? await bodyOf(variables) : undefined;
  const headers = { ...variables.header };
  // The boundary of a form is chosen with its body.
  if (body instanceof FormData) delete headers['Content-Type'];
  return await variablesOf(
    await exchange(new Request(url, { method, headers, ...(body === undefined ? {} : { body }) })),
  );
}

/** Not fetch: it joins the headers of a name. */
async function exchange(request: Request): Promise<IncomingMessage> {
  const { method, headers } = request;
  const send = request.url.startsWith('https:') ? httpsRequest : httpRequest;
  const sending = send(request.url, {
    method,
    headers: Object.fromEntries(headers),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  sending.end(Buffer.from(await request.arrayBuffer()));
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  return response;
}

async function variablesOf(response: IncomingMessage): Promise<Record<string, unknown>> {
  const header = firstValues(response.rawHeaders);
  const body = await text(response);
  return {
    status: response.statusCode,
    proto: `HTTP/${response.httpVersion}`,
    header,
    cookie: Object.fromEntries((response.headers['set-cookie'] ?? []).map(cookie)),
    body: header['Content-Type'] === 'application/json' ? JSON.stringify(JSON.parse(body), null, 4) : body,
  };
}

/** Names as Go writes them: Content-Type. */
function firstValues(raw: readonly string[]): Record<string, string> {
  const header: Record<string, string> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase().replace(/(^|-)[a-z]/g, letter => letter.toUpperCase());
    header[name] ??= raw[at + 1] ?? '';
  }
  return header;
}

function cookie(line: string): [string, string] {
  const [pair = ''] = line.split(';', 1);
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
