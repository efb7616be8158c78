import packageJson from '../../../package.json' with { type: 'json' };
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { print } from '../output/print.ts';

/** The version of this program; of the node, too, when one is named. */
export async function version(call: Call): Promise<void> {
  const own = { bft: packageJson.version };
  if (call.text('node') === undefined && call.text('config') === undefined) return print(call, own, () => own.bft);
  const node = await (await atNode(call)).get<Record<'version' | 'servertype' | 'protocol', string>>('/api/v1/status');
  print(
    call,
    { ...own, node },
    () => `bft ${own.bft}\nnode ${node.version} (${node.servertype}), protocol ${node.protocol}`,
  );
}
