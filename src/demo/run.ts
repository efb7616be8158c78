import { systemClock } from '../core/clock.ts';
import { formatBytes } from '../core/units.ts';
import { deliver, fillCacher } from './deliver.ts';
import { makePlaces, type Network, startNetwork } from './network.ts';
import type { DemoNode } from './node/node.ts';
import type { Options } from './options.ts';
import { preparePackage } from './package.ts';
import { Phases } from './phases.ts';
import type { Fleet } from './process/fleet.ts';
import { makeTask, send } from './publish.ts';
import type { Outcome } from './report/outcome.ts';
import { ratioText } from './report/ratio.ts';
import { verify } from './verify.ts';
import type { View } from './view/view.ts';
import type { Workspace } from './workspace.ts';

export interface DemoParts {
  readonly workspace: Workspace;
  readonly fleet: Fleet;
  readonly view: View;
}

/** The demo from the package to the comparison. Cleaning up is the caller's. Rejects with the signal's reason when it aborts. */
export async function runDemo(options: Options, parts: DemoParts, signal: AbortSignal): Promise<Outcome> {
  const { workspace, fleet, view } = parts;
  const { ratio } = options;
  const began = systemClock.monotonic();
  const phases = new Phases();
  const places = await makePlaces(workspace, options.receivers);

  view.stage(
    options.source === undefined ? `Making a DCP of ${formatBytes(options.size)}` : `Taking ${options.source}`,
  );
  const sent = await phases.time('package', () => preparePackage(options, places.sender, signal));
  for (const path of sent.emptyDirectories) view.stage(`Not carried, since it is empty: ${path}/`);
  view.stage(`Starting object storage, sender, cacher and ${options.receivers} receiver(s)`);
  const network = await phases.time('start', () => startNetwork(fleet, places, signal));
  const { sender, cacher, receivers, tracker } = network;
  view.stage(
    `Consoles: ${[sender, ...receivers.slice(0, 1)].map(node => `${node.name} ${node.consoleUrl}`).join(', ')}`,
  );

  view.stage(`Making the task: ${sent.name}, ${ratioText(ratio)}`);
  const made = await phases.time('task', () => makeTask(sender, { sent, ratio, tracker }, signal));
  view.stage('Sending: seeding (bt), uploading (obs), publishing (cdn)');
  const taskFile = await phases.time('send', () => send(sender, made, view, signal));
  if (ratio.bt > 0) {
    view.stage('Filling the cacher');
    await phases.time('cacher', () => fillCacher(cacher, taskFile, view, signal));
  }
  view.stage('Receiving');
  const { meter, seconds } = await phases.time('receive', () => deliver(receivers, taskFile, view, signal));
  const differences = await phases.time('check', () => verify(sent, receivers, view, signal));

  return {
    source: sent.source,
    name: sent.name,
    bytes: sent.bytes,
    files: sent.files.length,
    ratio,
    methods: meter.results(),
    btFrom: namedSources(meter.btSources(), network),
    receivers: receivers.map(({ name }) => ({
      name,
      seconds: seconds.get(name) ?? 0,
      differences: differences.get(name) ?? ['it was not compared'],
    })),
    phases: phases.taken,
    seconds: (systemClock.monotonic() - began) / 1000,
  };
}

/** Which node is behind which address; receivers are one, since they serve each other. */
function namedSources(
  sources: ReadonlyMap<string, number>,
  { sender, cacher, receivers }: Network,
): Map<string, number> {
  const names = new Map<number, string>();
  const call = (node: DemoNode, name: string) => names.set(node.btPort, name);
  call(sender, 'sender');
  call(cacher, 'cacher');
  for (const receiver of receivers) call(receiver, 'other receivers');
  const named = new Map<string, number>();
  for (const [address, bytes] of sources) {
    const name = names.get(Number(address.slice(address.lastIndexOf(':') + 1))) ?? address;
    named.set(name, (named.get(name) ?? 0) + bytes);
  }
  return named;
}
