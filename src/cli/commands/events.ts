import { setTimeout as pause } from 'node:timers/promises';
import { BftError } from '../../core/errors.ts';
import type { EventRow } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { print } from '../output/print.ts';

const LOOK_MS = 2000;

/** The latest events, oldest first; with --follow those to come, too, until Ctrl-C. With --json a line each. */
export async function events(call: Call): Promise<void> {
  let since = sinceOf(call);
  const node = await atNode(call);
  for (;;) {
    const { events } = await node.get<{ events: EventRow[] }>('/api/v1/events', { since });
    for (const event of events)
      print(call, event, () => `${event.time}  ${event.code}  ${event.text}  ${event.task}`.trimEnd());
    since = events.at(-1)?.number ?? since;
    if (!call.flag('follow')) return;
    await pause(LOOK_MS, undefined, { signal: call.signal });
  }
}

function sinceOf(call: Call): number | undefined {
  const text = call.text('since');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new BftError('USAGE', '--since wants the number of an event');
  return Number(text);
}
