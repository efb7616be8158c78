import { readFile } from 'node:fs/promises';
import type { TestNode } from '../e2e/nodes.ts';
import { atMost, type Row } from './bench.ts';

const MIB = 1024 ** 2;
const MOST_MIB = { daemon: 250, engine: 450 };

/** Bytes of one process: now, and at most so far. */
interface Memory {
  readonly now: number;
  readonly peak: number;
}

/** A node's two processes; no engine before there is a torrent. */
export interface NodeMemory {
  readonly daemon: Memory;
  readonly engine?: Memory;
}

/** Pid of the BitTorrent engine of a node, the only child of its daemon. */
export async function enginePid({ pid }: TestNode): Promise<number | undefined> {
  const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  return child ? Number(child) : undefined;
}

export async function memoryOf(node: TestNode): Promise<NodeMemory> {
  const engine = await enginePid(node);
  const daemon = await processMemory(node.pid);
  return engine === undefined ? { daemon } : { daemon, engine: await processMemory(engine) };
}

async function processMemory(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** A line per process: the most that it took, with the goal for it. */
export function peakRows(of: string, node: string, { daemon, engine }: NodeMemory): Row[] {
  const row = (process: keyof typeof MOST_MIB, { now, peak }: Memory): Row => ({
    of,
    what: `${node} ${process}, peak`,
    unit: 'MiB',
    samples: [peak / MIB],
    goal: atMost(MOST_MIB[process], peak / MIB, 'MiB'),
    remark: `${(now / MIB).toFixed(0)} MiB in the end`,
  });
  return [row('daemon', daemon), ...(engine ? [row('engine', engine)] : [])];
}
