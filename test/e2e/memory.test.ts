import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode } from './nodes.ts';
import { assertSameTree } from './packages.ts';

const MIB = 1024 * 1024;
const FILE = 400 * MIB;
/** Most that a daemon with its engine may ever have had in memory; the package is larger, and a real one two hundred times larger. */
const BOUND = 800 * MIB;

describe('memory does not grow with the package (BM-03)', function () {
  this.timeout(180_000);

  it('while it is hashed, uploaded, served and received', async () => {
    const fleet = await TestFleet.create();
    try {
      await fleet.startObs();
      await fleet.sender.start();
      await writeSparse(fleet.packagePath('large'), ['a.mxf', 'b.mxf', 'c.mxf']);
      await fleet.publish('large', '1:1:1');
      const receiver = await fleet.node('receiver', 'receiver');
      await fleet.recv(receiver, 'large');
      await fleet.downloaded(receiver, 'large');
      await assertSameTree(join(receiver.root, 'dcp', 'large'), fleet.packagePath('large'));
      for (const node of [fleet.sender, receiver]) {
        const peak = await peakMemory(node);
        assert.ok(peak < BOUND, `${node.root}: ${Math.round(peak / MIB)} MiB of ${(3 * FILE) / MIB}`);
      }
    } finally {
      await fleet.close();
    }
  });
});

/** Large files that cost no disk at the sender; a little that is random tells them apart. */
async function writeSparse(root: string, files: readonly string[]): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const file of files) {
    const handle = await open(join(root, file), 'w');
    await handle.write(randomBytes(MIB));
    await handle.truncate(FILE);
    await handle.close();
  }
}

/** Bytes: the highest that the daemon and its engine process ever held, together. */
async function peakMemory({ pid }: TestNode): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const processes = [String(pid), ...children.trim().split(' ')];
  const peaks = await Promise.all(
    processes.map(async id => Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${id}/status`, 'utf8'))?.[1])),
  );
  return peaks.reduce((sum, kib) => sum + kib * 1024, 0);
}
