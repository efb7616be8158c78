import { announceUrl, NodePlace, senderConfig } from './node/config.ts';
import { type DemoNode, startNode } from './node/node.ts';
import { startObsServer } from './node/obs-server.ts';
import type { Fleet } from './process/fleet.ts';
import { freePorts } from './process/free-ports.ts';
import { together } from './waiting.ts';
import type { Workspace } from './workspace.ts';

/** All nodes of a demo, running. */
export interface Network {
  readonly sender: DemoNode;
  readonly cacher: DemoNode;
  readonly receivers: readonly DemoNode[];
  readonly tracker: string;
}

export interface Places {
  readonly obs: string;
  readonly sender: NodePlace;
  readonly cacher: NodePlace;
  readonly receivers: readonly NodePlace[];
}

export async function makePlaces(workspace: Workspace, receivers: number): Promise<Places> {
  const place = async (name: string) => new NodePlace(await workspace.make(name));
  const [obs, sender, cacher] = [await workspace.make('obs'), await place('sender'), await place('cacher')];
  const names = Array.from({ length: receivers }, (_, index) => `receiver-${index + 1}`);
  return { obs, sender, cacher, receivers: await Promise.all(names.map(place)) };
}

/** Starts the object storage, then sender, cacher and receivers. */
export async function startNetwork(fleet: Fleet, places: Places, signal: AbortSignal): Promise<Network> {
  const bucket = await startObsServer(fleet, places.obs, signal);
  const [origin = 0, tracker = 0] = await freePorts(2);
  const ports = { origin, tracker };
  const extra = senderConfig(ports, bucket);
  const sender = await startNode(fleet, { name: 'sender', role: 'sender', place: places.sender, extra }, signal);
  const others = [
    { name: 'cacher', role: 'cacher' as const, place: places.cacher, extra: {} },
    ...places.receivers.map((place, index) => ({
      name: `receiver-${index + 1}`,
      role: 'receiver' as const,
      place,
      extra: { receiverid: `receiver-${index + 1}` },
    })),
  ];
  const starts = others.map(plan => (signal: AbortSignal) => startNode(fleet, plan, signal));
  const [cacher, ...receivers] = await together(starts, signal);
  if (cacher === undefined) throw new TypeError('the cacher is the first of the others');
  return { sender, cacher, receivers, tracker: announceUrl(ports) };
}
