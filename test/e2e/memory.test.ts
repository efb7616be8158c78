import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, type TestNode } from './nodes.ts';

const MIB = 1024 * 1024;
const SMALL = 100 * MIB;
const LARGE = 400 * MIB;
/** Most that the peaks may grow by, of what the second package is larger by. */
const PART = 1 / 4;

describe('memory does not grow with the package (BM-03)', function () {
  this.timeout(180_000);

  it('while it is hashed, uploaded, served and received', async () => {
    const fleet = await TestFleet.create();
    try {
      await fleet.startObs();
      await fleet.sender.start();
      const receiver = await fleet.node('receiver', 'receiver');
      const peaksOf = async (name: string, fileSize: number) => {
        await writeSparse(fleet.packagePath(name), ['a.mxf', 'b.mxf', 'c.mxf'], fileSize);
        await fleet.publish(name, '1:1:1');
        await fleet.recv(receiver, name);
        await fleet.downloaded(receiver, name);
        return await Promise.all([fleet.sender, receiver].map(peakMemory));
      };
      const before = await peaksOf('small', SMALL);
      const after = await peaksOf('large', LARGE);
      for (const [index, peak] of after.entries()) {
        const grown = peak - (before[index] ?? 0);
        const bound = 3 * (LARGE - SMALL) * PART;
        assert.ok(grown < bound, `${['sender', 'receiver'][index]}: ${Math.round(grown / MIB)} MiB more`);
      }
    } finally {
      await fleet.close();
    }
  });
});

/** Large files that cost no disk at the sender; a little that is random tells them apart. */
async function writeSparse(root: string, files: readonly string[], size: number): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const file of files) {
    const handle = await open(join(root, file), 'w');
    await handle.write(randomBytes(MIB));
    await handle.truncate(size);
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
