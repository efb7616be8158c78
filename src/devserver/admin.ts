import type { IncomingMessage } from 'node:http';
import { parseJson } from '../core/json.ts';
import { bytesBody, type Reply } from './exchange.ts';
import type { FaultRules } from './faults.ts';
import { readText } from './read-text.ts';
import type { RequestCounts } from './request-counts.ts';

/** No bucket can be called `-`, so that nothing of the protocol is hidden by these paths. */
export const ADMIN_PREFIX = '/-/';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

export interface AdminComponents {
  readonly faults: FaultRules;
  readonly counts: RequestCounts;
}

function jsonReply(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: bytesBody(JSON.stringify(value)) };
}

function parsed(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function replaceFaults(request: IncomingMessage, faults: FaultRules): Promise<Reply> {
  const body = parsed(await readText(request));
  const problems = 'value' in body ? faults.replace(body.value) : [body.problem];
  return problems.length > 0 ? jsonReply(400, { problems }) : jsonReply(200, faults.list());
}

/** `/-/faults` and `/-/requests`: not part of the protocol, unsigned, for the same machine only. */
export async function answerAdmin(request: IncomingMessage, { faults, counts }: AdminComponents): Promise<Reply> {
  if (!LOOPBACK.test(request.socket.remoteAddress ?? ''))
    return jsonReply(403, { problems: ['only from this machine'] });
  switch (`${request.method} ${request.url}`) {
    case 'GET /-/faults':
      return jsonReply(200, faults.list());
    case 'PUT /-/faults':
      return replaceFaults(request, faults);
    case 'DELETE /-/faults':
      faults.clear();
      return { status: 204 };
    case 'GET /-/requests':
      return jsonReply(200, counts.snapshot());
    case 'DELETE /-/requests':
      counts.clear();
      return { status: 204 };
    default:
      return jsonReply(404, { problems: ['GET, PUT or DELETE /-/faults; GET or DELETE /-/requests'] });
  }
}
