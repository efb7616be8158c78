import { accessSync, constants, lstatSync, realpathSync } from 'node:fs';
import { errno } from '../core/errors.ts';
import { type FileState, isSameState, stateOf } from '../disk/file-state.ts';
import { isInside } from '../disk/inside.ts';

/** A file is taken as it is when it has been quiet for so long (decision 29), ms. Coarser than the times of any file system. */
export const QUIET_MS = 2000;

const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'];

/** What is at a path: a regular file's state, or else what it is instead. `unknown`: it cannot be looked at. */
export function whatIs(path: string): FileState | 'directory' | 'other' | 'nothing' | 'unknown' {
  try {
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (!info) return 'nothing';
    if (info.isDirectory()) return 'directory';
    return info.isFile() ? stateOf(info) : 'other';
  } catch (error) {
    return NOT_THERE.includes(codeOf(error)) ? 'nothing' : 'unknown';
  }
}

/** The state of a regular file that can be looked at. */
export function regularFile(path: string): FileState | undefined {
  const what = whatIs(path);
  return typeof what === 'object' ? what : undefined;
}

/** A regular file of that size below the root, also after all links, that is what it was, if that is known, and may be read (BH-05). */
export function isUsable(root: string, path: string, size: number, was: FileState | undefined): boolean {
  const now = regularFile(path);
  if (!now || now.size !== size || (was && !isSameState(now, was))) return false;
  const real = realPath(path);
  return real !== undefined && isInside(root, real) && isReadable(path);
}

export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    codeOf(error);
    return undefined;
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    codeOf(error);
    return false;
  }
}

/** Of what the system says; a defect is thrown on. */
function codeOf(error: unknown): string {
  const code = errno(error);
  if (code === undefined) throw error;
  return code;
}
