import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** The calls that change the disk, or make a change durable. After each of them a daemon may die. */
const CALLS = ['open', 'mkdir', 'rename', 'rm'] as const;

/**
 * Runs `work` as a process that dies as its `dies`-th call that changes the disk is about to happen: that call and all later ones have no
 * effect any more, so that the disk stays as it was at that moment. Resolves with true when it died, false when `work` ended before.
 */
export async function runUntilDeath(dies: number, work: () => Promise<unknown>): Promise<boolean> {
  const real = { ...fs };
  let calls = 0;
  const lives = () => {
    calls += 1;
    if (calls >= dies) throw new Error('the process is dead');
  };
  for (const name of CALLS) {
    const call = real[name] as (...values: unknown[]) => Promise<unknown>;
    const watched = async (...values: unknown[]) => {
      lives();
      return call(...values);
    };
    Object.assign(fs, { [name]: watched });
  }
  syncBuiltinESMExports();
  try {
    await work();
  } catch (error) {
    if (calls < dies) throw error;
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
  return calls >= dies;
}
