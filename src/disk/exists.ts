import { lstat } from 'node:fs/promises';
import { notThere } from '../core/errors.ts';

/** True when something, also a dangling link, stands at the path. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(notThere)) !== undefined;
}
