import { chmod, constants, copyFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '../../disk/durable.ts';

const MODE = 0o644;

/**
 * Makes `path` a new file that shares the blocks of the open one, whatever the name of that stands for by now. False, and nothing was changed, where that
 * cannot be: `path` is there already, the file system knows no shared blocks, or refuses for whatever reason.
 */
export async function reflink({ fd }: FileHandle, path: string): Promise<boolean> {
  try {
    await makeDirectory(dirname(path));
    await copyFile(`/proc/self/fd/${fd}`, path, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  } catch {
    // Copying the bytes meets the same trouble, if it is any, and says so.
    return false;
  }
  // It has the mode of its source, which may be for reading alone.
  await chmod(path, MODE);
  return true;
}
