import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import { run } from './program.ts';

/** Room for the package several times over, and what daemons keep free. The file has holes where nothing is. */
const COPIES = 4;
const SPARE_BYTES = 4 * 1024 ** 3;

/** Whether `cp` can share blocks here. */
export async function canReflink(directory: string): Promise<boolean> {
  const [from, to] = [join(directory, 'reflink-from'), join(directory, 'reflink-to')];
  await writeFile(from, Buffer.alloc(8192, 1));
  try {
    return await run('cp', ['--reflink=always', from, to]).then(
      () => true,
      () => false,
    );
  } finally {
    await rm(from);
    await rm(to, { force: true });
  }
}

/** Mounts an XFS in a file below `directory`, large enough for copies of `size` bytes. Resolves with where it is. Needs root; throws why it cannot be. */
export async function mountXfs(directory: string, size: number): Promise<string> {
  const [image, mounted] = [join(directory, 'xfs.img'), join(directory, 'xfs')];
  await mkdir(mounted, { recursive: true });
  await run('truncate', ['--size', String(COPIES * size + SPARE_BYTES), image]);
  const env = { PATH: `${process.env.PATH ?? ''}:/sbin:/usr/sbin` };
  await run('mkfs.xfs', ['-q', '-m', 'reflink=1', image], { env });
  await run('mount', ['-o', 'loop', image, mounted], { env });
  atEnd(async () => {
    await run('umount', ['--lazy', mounted], { env });
    await rm(directory, { recursive: true, force: true });
  });
  return mounted;
}
