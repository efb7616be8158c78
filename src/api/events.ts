import { BftError } from '../core/errors.ts';
import { formatIsoTime } from '../core/units.ts';
import type { NodeApi } from './node.ts';

/** GET /api/v1/events: `since` is the number of the last one that the caller knows. */
export function eventsPage(node: NodeApi, query: URLSearchParams): object {
  const events = node.events(numberOf(query.get('since') ?? ''));
  return { events: events.map(({ at, ...event }) => ({ ...event, time: formatIsoTime(at) })) };
}

function numberOf(since: string): number {
  if (/^\d{0,15}$/.test(since)) return Number(since);
  throw new BftError('QUERY_INVALID', `since ${JSON.stringify(since.slice(0, 40))} is no number of an event`);
}
