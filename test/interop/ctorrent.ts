import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * ctorrent takes whoever has its own address for itself; on one machine it must believe that it has another one. It also holds only one
 * connection per address.
 */
const ELSEWHERE = ['-I', '127.0.0.2'];

/** Starts ctorrent; the last of `parameters` is the torrent. */
export function startCtorrent(directory: string, ...parameters: string[]): ChildProcess {
  return spawn('ctorrent', [...ELSEWHERE, ...parameters], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs ctorrent to its end, which must be a good one, and gives what it said. */
export async function ctorrent(directory: string, ...parameters: string[]): Promise<string> {
  const child = spawn('ctorrent', parameters, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, said);
  return said;
}
