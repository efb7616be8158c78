import { basename, isAbsolute, resolve } from 'node:path';
import { BftError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { atNode } from '../node/at-node.ts';
import { readText } from '../node/connection.ts';
import type { NodeClient } from '../node/node-client.ts';
import { protocol } from '../node/protocol.ts';
import { note, print } from '../output/print.ts';
import { refuseRawWait, untilDone } from './send.ts';

/** Receives a task: its file is read here, or with --on-node there. With --wait until the package is complete. */
export async function recv(call: Call): Promise<number> {
  refuseRawWait(call);
  const [path = ''] = call.args;
  const node = await atNode(call);
  if (call.flag('on-node')) return await receiveThere(call, node, path);
  for (const option of ['raw', 'reactive'])
    if (call.flag(option)) throw new BftError('USAGE', `--${option} goes with --on-node only`);
  const { name, desc } = await node.post<{ name: string; desc: string }>('/api/v1/tasks', await readText(path));
  return await received(call, node, name, desc);
}

async function receiveThere(call: Call, node: NodeClient, path: string): Promise<number> {
  if (!isAbsolute(path) && !node.isLocal)
    throw new BftError('USAGE', `${path} is a path on another machine: give it in full`);
  const params = { taskfile: resolve(path), reactive: String(call.flag('reactive')) };
  if (!call.flag('wait')) return await protocol(call, node, 'recv', params);
  const { desc } = await node.ask('recv', params);
  return await received(call, node, basename(path), String(desc));
}

async function received(call: Call, node: NodeClient, name: string, desc: string): Promise<number> {
  if (!call.flag('wait')) {
    print(call, { name, desc }, () => `${desc}  ${name}`);
    return EXIT.ok;
  }
  note(desc);
  return await untilDone(call, node, name, 'received');
}
