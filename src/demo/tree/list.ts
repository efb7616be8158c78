import { isUtf8 } from 'node:buffer';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a directory holds; all paths relative to it, with `/`. A package is its regular files (decision 26). */
export interface Tree {
  readonly files: readonly TreeFile[];
  readonly directories: readonly string[];
  /** Directories without any entry: a package does not carry them. */
  readonly emptyDirectories: readonly string[];
  /** Symbolic links, special files and names that are not UTF-8: no package has them. */
  readonly refused: readonly string[];
}

export interface TreeFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

interface Listing {
  readonly files: TreeFile[];
  readonly directories: string[];
  readonly emptyDirectories: string[];
  readonly refused: string[];
}

/** Lists what is below `root`, sorted by path. Nothing is followed. */
export async function listTree(root: string): Promise<Tree> {
  const listing: Listing = { files: [], directories: [], emptyDirectories: [], refused: [] };
  await visit(root, '', listing);
  listing.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return listing;
}

async function visit(root: string, below: string, listing: Listing): Promise<void> {
  const names = await readdir(join(root, below), { encoding: 'buffer' });
  if (names.length === 0 && below !== '') listing.emptyDirectories.push(below);
  for (const raw of names) {
    const path = below === '' ? raw.toString() : `${below}/${raw.toString()}`;
    if (isUtf8(raw)) await sortIn(root, path, listing);
    else listing.refused.push(path);
  }
}

async function sortIn(root: string, path: string, listing: Listing): Promise<void> {
  const info = await lstat(join(root, path));
  if (info.isFile()) listing.files.push({ path, size: info.size });
  else if (info.isDirectory()) {
    listing.directories.push(path);
    await visit(root, path, listing);
  } else listing.refused.push(path);
}
