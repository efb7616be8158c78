import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoFailure, NodeFailure } from '../failure.ts';
import type { Fleet } from '../process/fleet.ts';
import { freePorts } from '../process/free-ports.ts';
import { logTail } from '../process/log-tail.ts';
import { poll } from '../waiting.ts';
import { NodeClient } from './client.ts';
import { type NodePlace, nodeConfig, type Role } from './config.ts';

const MODULE = fileURLToPath(new URL('../../main.ts', import.meta.url));
const START_MS = 60_000;

export interface NodePlan {
  readonly name: string;
  readonly role: Role;
  readonly place: NodePlace;
  /** What its configuration has besides that of every node. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A daemon that runs and answers. */
export interface DemoNode {
  readonly name: string;
  readonly place: NodePlace;
  readonly client: NodeClient;
  /** Its BitTorrent port: what other nodes know it by. */
  readonly btPort: number;
  /** For people who want to look. */
  readonly consoleUrl: string;
}

/** Writes the node's configuration, starts its daemon and waits for its first heartbeat. */
export async function startNode(fleet: Fleet, plan: NodePlan, signal: AbortSignal): Promise<DemoNode> {
  const { name, role, place, extra } = plan;
  for (const directory of place.directories) await mkdir(directory, { recursive: true });
  const [api = 0, console = 0] = await freePorts(2);
  const config = { ...nodeConfig(role, place, { api, console }), ...extra };
  await writeFile(place.configFile, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  fleet.start({ name, module: MODULE, args: ['--config', place.configFile], logFile: place.logFile });
  const client = new NodeClient(name, api, signal);
  await poll(`starting ${name}`, async () => (await client.heartbeat()) || undefined, signal, START_MS);
  const { btport } = await client.status();
  return { name, place, client, btPort: btport, consoleUrl: `http://127.0.0.1:${console}/` };
}

/** Hands a task file to a receiving node as its people would: copied into its tmp directory, then named in recv. */
export async function orderReceive({ place, client }: DemoNode, taskFile: string): Promise<void> {
  const copy = join(place.receivingTmp, basename(taskFile));
  await copyFile(taskFile, copy);
  await client.order('recv', { taskfile: copy, reactive: 'false' });
}

/** Does something with a node; when that fails, the failure quotes the node's log. */
export async function quoting<T>(node: DemoNode, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error;
    throw new DemoFailure(`${error.message}${await logTail(node.place.logFile)}`, { cause: error });
  }
}
