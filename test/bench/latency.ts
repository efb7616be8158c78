import { setTimeout as delay } from 'node:timers/promises';
import type { TestNode } from '../e2e/nodes.ts';

const INTERVAL_MS = 20;

/** Milliseconds that answers took. */
export interface Latencies {
  readonly heartbeat: number[];
  readonly progress: number[];
}

/** Asks a node 50 times a second, heartbeat and progress in turns, until the signal aborts. */
export async function probeLatency(node: TestNode, name: string, signal: AbortSignal): Promise<Latencies> {
  const taken: Latencies = { heartbeat: [], progress: [] };
  for (let turn = 0; !signal.aborted; turn++) {
    const began = performance.now();
    if (turn % 2 === 0) await (await fetch(`http://127.0.0.1:${node.apiPort}/heartbeat`)).text();
    else await node.call('/progress', 'progress', { taskfile: `cfec-001-${name}.task.json` });
    const ms = performance.now() - began;
    taken[turn % 2 === 0 ? 'heartbeat' : 'progress'].push(ms);
    await delay(Math.max(INTERVAL_MS - ms, 0));
  }
  return taken;
}
