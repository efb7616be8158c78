import { basename } from 'node:path';
import { BftError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { atNode } from '../node/at-node.ts';
import { follow } from '../node/follow.ts';
import { makingOf } from '../node/making.ts';
import type { NodeClient } from '../node/node-client.ts';
import { protocol } from '../node/protocol.ts';
import { taskPath } from '../node/tasks.ts';
import { note, print } from '../output/print.ts';
import { progressOn } from '../output/progress.ts';

/** Queues a made task for sending; with --wait until it may be received. */
export async function send(call: Call): Promise<number> {
  const node = await atNode(call);
  const [taskfile = ''] = call.args;
  const params = { taskfile, reactive: String(!call.flag('only-new')) };
  refuseRawWait(call);
  if (!call.flag('wait')) return await protocol(call, node, 'send', params);
  return await sendAndWait(call, node, taskfile, true, params);
}

/** gentask and send in one, done by the node itself: it goes on when this command is ended. */
export async function sends(call: Call): Promise<number> {
  const node = await atNode(call);
  const { basesubdir: _, ...params } = await makingOf(call, node);
  const ratio = call.text('ratio');
  const asked = { ...params, ...(ratio === undefined ? {} : { btobscdn: ratio }) };
  return await protocol(call, node, 'sends', asked, ({ desc, taskfile }) => `${String(desc)}\n${String(taskfile)}`);
}

export async function sendAndWait(
  call: Call,
  node: NodeClient,
  taskfile: string,
  wait: boolean,
  params: object = { taskfile, reactive: 'true' },
): Promise<number> {
  const { desc } = await node.ask('send', params);
  const name = basename(taskfile);
  if (!wait) print(call, { taskfile, desc }, () => `${String(desc)}\n${taskfile}`);
  else note(String(desc));
  return wait ? await untilDone(call, node, name, 'sent') : EXIT.ok;
}

/** Follows a task on standard error; at last prints it. */
export async function untilDone(call: Call, node: NodeClient, name: string, direction: string): Promise<number> {
  let last: object = {};
  const progress = await progressOn(process.stderr);
  const code = await follow(
    () => node.get(taskPath(name), { direction }),
    progress,
    call.signal,
    task => (last = task),
  );
  if (code === EXIT.ok) print(call, last, () => name);
  return code;
}

export function refuseRawWait(call: Pick<Call, 'flag'>): void {
  if (call.flag('raw') && call.flag('wait'))
    throw new BftError('USAGE', '--raw is the answer to one call: it does not go with --wait');
}
