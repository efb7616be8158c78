import { setTimeout as delay } from 'node:timers/promises';
import type { TestNode } from '../e2e/nodes.ts';

const INTERVAL_MS = 20;

/** Milliseconds that answers took. */
export interface Latencies {
  readonly heartbeat: number[];
  readonly progress: number[];
}

/** Asks a node 50 times a second, heartbeat and progress in turns, until the signal aborts. It does not wait for one answer before the next question. */
export async function probeLatency(node: TestNode, name: string, signal: AbortSignal): Promise<Latencies> {
  const taken: Latencies = { heartbeat: [], progress: [] };
  const asked: Promise<void>[] = [];
  for (let turn = 0; !signal.aborted; turn++) {
    asked.push(askOnce(node, name, turn % 2 === 0 ? 'heartbeat' : 'progress', taken));
    await delay(INTERVAL_MS);
  }
  await Promise.all(asked);
  return taken;
}

async function askOnce(node: TestNode, name: string, question: keyof Latencies, taken: Latencies): Promise<void> {
  const began = performance.now();
  if (question === 'heartbeat') await (await fetch(`http://127.0.0.1:${node.apiPort}/heartbeat`)).text();
  else await node.call('/progress', 'progress', { taskfile: `cfec-001-${name}.task.json` });
  taken[question].push(performance.now() - began);
}
