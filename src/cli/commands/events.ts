import { setTimeout as pause } from 'node:timers/promises';
import { BftError } from '../../core/errors.ts';
import type { EventRow } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import type { NodeClient } from '../node/node-client.ts';
import { patiently } from '../node/patience.ts';
import { note, print } from '../output/print.ts';

const LOOK_MS = 2000;

/** The latest events, oldest first; with --follow those to come, too, until Ctrl-C. With --json a line each. */
export async function events(call: Call): Promise<void> {
  const since = sinceOf(call);
  const node = await atNode(call);
  let last: EventRow | undefined;
  const ask = patiently(() => after(node, last, since), note, call.signal);
  for (;;) {
    const events = await ask();
    for (const event of events)
      print(call, event, () => `${event.time}  ${event.code}  ${event.text}  ${event.task}`.trimEnd());
    last = events.at(-1) ?? last;
    if (!call.flag('follow')) return;
    await pause(LOOK_MS, undefined, { signal: call.signal });
  }
}

/** A node that was started anew counts from 1 again: the last event is asked for, too, and must be the one that was seen. */
async function after(node: NodeClient, last: EventRow | undefined, since: number | undefined): Promise<EventRow[]> {
  const get = async (number?: number) =>
    (await node.get<{ events: EventRow[] }>('/api/v1/events', { since: number })).events;
  if (!last) return await get(since);
  const [same, ...events] = await get(last.number - 1);
  return same?.number === last.number && same.time === last.time ? events : await get(0);
}

function sinceOf(call: Call): number | undefined {
  const text = call.text('since');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new BftError('USAGE', '--since wants the number of an event');
  return Number(text);
}
