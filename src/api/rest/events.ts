import { Type } from 'typebox';
import { formatIsoTime } from '../../core/units.ts';
import { EVENTS_EXAMPLE } from './examples.ts';
import { defineRoute, json } from './route.ts';
import { eventRow } from './shapes.ts';

export const listEvents = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/events',
    summary:
      'The latest 500 events, oldest first, numbered from 1 since the daemon started: `TASK_STATE` (a task came, moved or went), `TASK_CONTROL` (an operator paused, resumed, tried again, cancelled or gave one), `DEADLINE_AT_RISK`, `DEADLINE_ON_TIME`, `PACKAGE_CHECK` (what was received was checked as a DCP).',
    query: Type.Object({
      since: Type.Optional(Type.Integer({ minimum: 0, description: 'only those with a greater number' })),
    }),
    answers: json(Type.Object({ events: Type.Array(eventRow) }), EVENTS_EXAMPLE),
    refusals: ['QUERY_INVALID'],
  },
  ({ node, query }) => ({
    events: node.events(query.since ?? 0).map(({ at, ...event }) => ({ ...event, time: formatIsoTime(at) })),
  }),
);
