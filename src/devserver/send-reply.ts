import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { withFault } from './body-fault.ts';
import type { Body, Reply } from './exchange.ts';
import type { Fault } from './faults.ts';

const NO_BODY: Body = { size: 0, chunks: [] };

function lengthOf({ status, body = NO_BODY }: Reply): Record<string, string> {
  return status === 204 || status === 304 ? {} : { 'content-length': String(body.size) };
}

/**
 * Sends an answer, spoilt by the fault if there is one. Without a body to spoil, `stall` and `cut` withhold the whole answer: what
 * was asked for has been done, and the client does not learn of it.
 */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  fault: Fault | undefined,
  closed: Promise<void>,
): Promise<void> {
  const { status, headers, body } = reply;
  const head = () => response.writeHead(status, { ...lengthOf(reply), ...headers });
  if (body !== undefined && response.req.method !== 'HEAD') {
    await pipeline(withFault(body, fault, closed), head());
    return;
  }
  for await (const nothing of withFault(NO_BODY, fault, closed)) void nothing;
  head().end();
}
