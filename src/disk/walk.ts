import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BftError, notThere } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import { type FileState, stateOf } from './file-state.ts';

/** Files of a directory that are looked at together. */
const LOOKS = 8;
const never = new AbortController().signal;

/** A regular file of a package. `path` is relative to the package, with `/`; the name when the package is that file. */
export interface PackageFile extends FileState {
  readonly path: string;
}

export interface PackageTree {
  /** A package may be a single file (BN-014). */
  readonly type: 'dir' | 'file';
  /** Sorted by the bytes of their paths, segment by segment, as BEP 52 does: the order of our torrents. mktorrent's is the same but for names like `sub.x` beside `sub/`. */
  readonly files: readonly PackageFile[];
  /** Directories without any entry; a package does not carry them (decision 26). */
  readonly emptyDirectories: readonly string[];
}

/** Lists a package: its regular files (decision 26). Symbolic links and special files are refused by name; nothing is followed. */
export async function walkPackage(root: string): Promise<PackageTree> {
  const info = await lstat(root).catch((cause: unknown) => {
    notThere(cause);
    throw new BftError('SOURCE_MISSING', `error, not exist dcp path: ${root}.`, { cause });
  });
  if (info.isFile()) {
    return { type: 'file', files: [{ path: basename(root), ...stateOf(info) }], emptyDirectories: [] };
  }
  if (!info.isDirectory()) throw new BftError('SOURCE_REFUSED', `${root} is neither a directory nor a regular file`);
  return await walkDirectory(root, (_, error) => {
    throw error;
  });
}

/** What is no regular file, or has no name that may be: its path, as far as it can be said, and what is wrong with it. */
type Refuse = (path: string, error: BftError) => void;

/** Lists the package of a directory; what is to be refused is handed to `refuse` and left out. */
export async function walkDirectory(root: string, refuse: Refuse): Promise<PackageTree> {
  const files: PackageFile[] = [];
  const emptyDirectories: string[] = [];
  await visit(root, '', files, emptyDirectories, refuse);
  return { type: 'dir', files, emptyDirectories };
}

async function visit(
  root: string,
  below: string,
  files: PackageFile[],
  empty: string[],
  refuse: Refuse,
): Promise<void> {
  const names: Buffer[] = [];
  for await (const entry of await opendir(join(root, below), { encoding: 'buffer' as BufferEncoding })) {
    names.push(entry.name as unknown as Buffer);
  }
  if (names.length === 0 && below !== '') empty.push(below);
  const prefix = below === '' ? '' : `${below}/`;
  const paths = names
    .sort((a, b) => a.compare(b))
    .flatMap(raw => {
      const name = decodeName(raw);
      if (name === undefined) refuse(prefix + raw.toString('latin1'), notUtf8(raw, root));
      return name === undefined ? [] : [prefix + name];
    });
  const found = new Map<string, FileState | 'directory' | 'other'>();
  await inParallel(paths, LOOKS, never, async path => void found.set(path, whatIs(await lstat(join(root, path)))));
  for (const path of paths) {
    const what = found.get(path);
    if (what === 'directory') await visit(root, path, files, empty, refuse);
    else if (typeof what === 'object') files.push({ path, ...what });
    else refuse(path, new BftError('SOURCE_REFUSED', `${join(root, path)} is a link or a special file`));
  }
}

function whatIs(info: Stats): FileState | 'directory' | 'other' {
  if (info.isDirectory()) return 'directory';
  return info.isFile() ? stateOf(info) : 'other';
}

function decodeName(raw: Buffer): string | undefined {
  const name = raw.toString('utf8');
  return Buffer.from(name, 'utf8').equals(raw) ? name : undefined;
}

function notUtf8(raw: Buffer, root: string): BftError {
  return new BftError('NAME_UNSAFE', `a name below ${root} is not UTF-8: ${JSON.stringify(raw.toString('latin1'))}`);
}
