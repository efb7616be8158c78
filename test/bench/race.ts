import { spawnSync } from 'node:child_process';
import type { Row } from './bench.ts';
import { missing, type Peer } from './program.ts';
import { median } from './statistics.ts';

/** One of those that do the same work in turns. */
export interface Contestant {
  readonly name: string;
  /** What it needs of this machine. */
  readonly peer?: Peer;
  /** Does the work once. Resolves with the seconds that it took, without getting ready and clearing away. */
  run(round: number): Promise<number>;
  /** What our time is to be against its own. */
  readonly goal?: SpeedGoal;
}

/** `faster`: we are to be at least so many times as fast; `longer`: we may take at most so many times as long. */
type SpeedGoal = { readonly faster: number } | { readonly longer: number };

export interface RaceOptions {
  readonly of: string;
  readonly rounds: number;
  /** The directory whose file system is written out before each run, so that nobody pays for the one before. */
  readonly directory: string;
}

/** Runs all in turns, another one first in each round. The first contestant is us: its failure is ours; that of a peer is told in its row. */
export async function race(contestants: readonly Contestant[], options: RaceOptions): Promise<Row[]> {
  const [ours] = contestants;
  if (!ours) throw new TypeError('nobody runs');
  const times = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  const failures = new Map<string, string>();
  for (const { name, peer } of contestants) {
    const reason = peer && missing(peer);
    if (reason !== undefined) failures.set(name, reason);
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const contestant of rotated(contestants, round)) {
      if (failures.has(contestant.name)) continue;
      spawnSync('sync', ['-f', options.directory]);
      try {
        times.get(contestant.name)?.push(await contestant.run(round));
      } catch (error) {
        if (contestant === ours) throw error;
        failures.set(contestant.name, `failed: ${firstLine(error)}`);
      }
    }
  }
  const own = times.get(ours.name) ?? [];
  return contestants.map(contestant => {
    const remark = failures.get(contestant.name);
    const samples = remark === undefined ? (times.get(contestant.name) ?? []) : [];
    return {
      of: options.of,
      what: contestant.name,
      unit: 's' as const,
      samples,
      ...(remark === undefined ? {} : { remark }),
      ...(contestant === ours || samples.length === 0 ? {} : compared(own, samples, contestant.goal)),
    };
  });
}

const rotated = <T>(items: readonly T[], by: number): T[] => {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
};

/** Ratios are taken round by round: what disturbs the machine disturbs both. */
function compared(own: readonly number[], peer: readonly number[], goal: SpeedGoal | undefined): Partial<Row> {
  const faster = median(own.map((time, round) => (peer[round] ?? Number.NaN) / time));
  if (goal === undefined) return { ratio: faster };
  if ('faster' in goal) {
    return { ratio: faster, goal: { text: `≥ ${goal.faster} × as fast`, isMet: faster >= goal.faster } };
  }
  const longer = median(own.map((time, round) => time / (peer[round] ?? Number.NaN)));
  return { ratio: longer, goal: { text: `≤ ${goal.longer} × as long`, isMet: longer <= goal.longer } };
}

/** What fits into a cell. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1).join();
}
