import type { NodeApi } from '../api/node.ts';
import type { Config } from '../config/schema.ts';
import { Events } from '../core/events.ts';
import { METHODS, type Method } from '../core/method.ts';
import { ownTimetable } from '../task/task-timetable.ts';
import type { Timetable } from '../task/timetable.ts';
import { buildControl } from './control.ts';
import { History } from './overview/history.ts';
import { NodeOverview } from './overview/node-overview.ts';
import type { BuiltRole, CommonApi, NodeComponents, NodeOwnApi, Shared } from './node-parts.ts';
import { buildCacher, buildReceiver } from './receiving.ts';
import { buildSender } from './sending.ts';
import { TaskStates } from './task-states.ts';

interface Built extends Omit<BuiltRole, 'api' | 'sides' | 'shown'> {
  readonly api: Omit<NodeApi, keyof NodeOwnApi>;
  readonly states: TaskStates;
}

/** Builds the roles of a node and what they offer to the API. */
export function buildNode(components: NodeComponents): Built {
  const { current, clock, log } = components;
  const events = new Events({ clock });
  const states = new TaskStates(events, { clock });
  const { api, sides, shown, ...built } = buildRole(components, { events, states });
  const common: CommonApi = {
    ownTimetables: () => ownTimetables(current()),
    taskCounts: () => states.counts(),
    events: since => events.since(since),
    control: buildControl(sides, { events, log }),
    overview: overviewOf(components, shown, events),
  };
  return { ...built, states, api: { ...api, ...common } };
}

function buildRole(components: NodeComponents, shared: Shared): BuiltRole {
  switch (components.current().servertype) {
    case 'cacher':
      return buildCacher(components, shared);
    case 'receiver':
      return buildReceiver(components, shared);
    case 'sender':
      return buildSender(components, shared);
  }
}

function overviewOf(
  components: NodeComponents,
  { receiving, sending }: BuiltRole['shown'],
  events: Events,
): NodeOverview {
  const { current, limits } = components;
  const rates = () => limits.rates();
  return new NodeOverview({
    ...components,
    events,
    received: receiving,
    sent: sending,
    history: new History({ ...receiving.history, sent: sending?.history }),
    summary: { current, rates, timetables: receiving.timetables, ownTimetables: () => ownTimetables(current()) },
  });
}

function ownTimetables(config: Config): Partial<Record<Method, Timetable>> {
  const own = METHODS.filter(method => config[`${method}windows`] !== '');
  return Object.fromEntries(own.map(method => [method, ownTimetable(config[`${method}windows`])]));
}
