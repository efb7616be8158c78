import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode } from '../e2e/nodes.ts';
import { nodeEnv, SHELL } from '../shell/scripts.ts';

const WINDOW_IN_MINUTES = '5';
const WINDOW_MINUTES = '1';
/** More than loopback brings in that window. Holes on the disk of the sender. */
const BIG_FILE = 3_000_000_000;
const WAITS = { BFT2_WAIT: '300', BFT2_BIG: '9000' };

/** Says on the terminal what it does. */
async function run(name: string, node: TestNode, ...args: string[]): Promise<void> {
  const env = { ...process.env, ...nodeEnv(node), BFT2_CONFIG: join(node.root, 'config.json'), ...WAITS };
  const [code] = (await once(spawn(join(SHELL, `${name}.sh`), args, { env, stdio: 'inherit' }), 'exit')) as [number];
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}

/** The schedule tests of shell/ at a real sender and receiver, in a window of the wall clock. Takes about eight minutes, and 12 GB of disk. */
export async function schedule(): Promise<void> {
  const fleet = await TestFleet.create();
  try {
    await Promise.all([fleet.startObs(), fleet.sender.start()]);
    const receiver = await fleet.node('receiver', 'receiver');
    const storage = String(receiver.config.basedatapath);
    await mkdir(storage, { recursive: true });
    await writeFile(join(storage, '.bft2-testroot'), '');
    const big = fleet.packagePath('schedulebig');
    await mkdir(big, { recursive: true });
    for (const part of ['1.mxf', '2.mxf', '3.mxf']) {
      await writeFile(join(big, part), part);
      await truncate(join(big, part), BIG_FILE);
    }
    await run('testapi-schedule-send', fleet.sender, WINDOW_IN_MINUTES, WINDOW_MINUTES);
    await run('testapi-schedule-recv', receiver, fleet.originUrl);
  } finally {
    await fleet.close();
  }
}
