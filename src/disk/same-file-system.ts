import { stat } from 'node:fs/promises';
import { BftError } from '../core/errors.ts';

/** Moving a package or a task is a rename, so these directories must share a file system (BD-30). They must exist. */
export async function requireSameFileSystem(directories: readonly string[]): Promise<void> {
  const [first, ...others] = directories;
  if (first === undefined) return;
  const { dev } = await stat(first);
  for (const other of others) {
    if ((await stat(other)).dev !== dev) {
      throw new BftError('FILE_SYSTEMS_DIFFER', `${first} and ${other} are on different file systems`);
    }
  }
}
