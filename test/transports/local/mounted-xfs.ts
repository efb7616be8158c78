import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const env = { PATH: `${process.env.PATH ?? ''}:/sbin:/usr/sbin` };
/** The least that XFS takes; the file is sparse. */
const BYTES = 320 * 1024 * 1024;

export interface MountedXfs {
  readonly path: string;
  remove(): Promise<void>;
}

/** A file system whose files can share blocks; undefined where this user may not mount one. */
export async function mountXfs(): Promise<MountedXfs | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'xfs-'));
  const [image, path] = [join(directory, 'image'), join(directory, 'mounted')];
  const clear = () => rm(directory, { recursive: true, force: true });
  try {
    await mkdir(path);
    await writeFile(image, '');
    await truncate(image, BYTES);
    await run('mkfs.xfs', ['-q', '-m', 'reflink=1', image], { env });
    await run('mount', ['-o', 'loop', image, path], { env });
  } catch {
    await clear();
    return undefined;
  }
  const remove = async () => {
    await run('umount', [path], { env });
    await clear();
  };
  return { path, remove };
}
