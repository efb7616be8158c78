import type { Call } from '../call.ts';
import { connectionOf } from './connection.ts';
import { NodeClient } from './node-client.ts';

/** The node that a call is for. Throws what connectionOf throws. */
export async function atNode(call: Call): Promise<NodeClient> {
  return new NodeClient(await connectionOf(call), call.signal);
}
