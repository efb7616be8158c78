import { lstat, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { BftError, errno } from '../core/errors.ts';

/** True when `path` is `root` or below it, comparing whole segments. Both absolute and normalised. */
export function isInside(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest === '' || (rest !== '..' && !rest.startsWith(`..${sep}`) && !rest.startsWith(sep));
}

/**
 * Refuses a path that leads through a symbolic link anywhere below `root` (the root itself may be one).
 * What does not exist yet is fine.
 */
export async function refuseLinks(root: string, path: string): Promise<void> {
  let current = root;
  for (const segment of relative(root, path).split(sep)) {
    current = join(current, segment);
    try {
      if ((await lstat(current)).isSymbolicLink()) {
        throw new BftError('NAME_UNSAFE', `${current} is a symbolic link; links below ${root} are not followed`);
      }
    } catch (error) {
      if (errno(error) === 'ENOENT') return;
      throw error;
    }
  }
}

/** The path with all links resolved, or undefined when it does not exist or leads out of `root`. */
export async function realPathInside(root: string, path: string): Promise<string | undefined> {
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
    return isInside(realRoot, real) ? real : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errno(error) ?? '')) return undefined;
    throw error;
  }
}
