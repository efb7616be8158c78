import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';

const MIB = 1024 * 1024;
const FILLER = 44 * MIB;

/** A small file system of its own, where this user may mount one. */
function mountSmall(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('disk full while receiving (fault 7)', () => {
  for (const ratio of ['1:0:0', '0:1:0', '0:0:1']) {
    it(`${ratio}: the task says so, and goes on by itself when there is room; no byte is wrong`, async function () {
      this.timeout(120_000);
      const fleet = await TestFleet.create();
      const root = join(fleet.root, 'receiver');
      await mkdir(root);
      if (!mountSmall(root)) {
        await fleet.close();
        return this.skip();
      }
      try {
        await fleet.startObs();
        await fleet.sender.start();
        await writePackage(fleet.packagePath('film'), { 'a.mxf': 20 * MIB, 'b.xml': 10, 'c.mxf': 12 * MIB });
        await fleet.publish('film', ratio);
        const receiver = await fleet.node('receiver', 'receiver', {
          retryminutes: 0.02,
          retries: 500,
          checkroom: false,
        });
        await writeFile(join(root, 'filler'), Buffer.alloc(FILLER));
        await fleet.recv(receiver, 'film');
        await until(
          'it says that the disk is full',
          async () => (await fleet.progress(receiver, 'film')).code === 'DISK_FULL',
        );
        await rm(join(root, 'filler'));
        await fleet.downloaded(receiver, 'film');
        await assertSameTree(join(root, 'dcp', 'film'), fleet.packagePath('film'));
        await receiver.end();
      } finally {
        execFileSync('umount', ['--lazy', root]);
        await fleet.close();
      }
    });
  }
});
