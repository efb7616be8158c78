import { type Hashes, hashFiles } from './hash.ts';
import { listTree, type TreeFile } from './list.ts';

/** The package that was sent, as the demo itself read it. */
export interface SourceTree {
  readonly files: readonly TreeFile[];
  readonly hashes: Hashes;
}

/**
 * Every difference between the source and the package at `root`, one sentence each; none when they are equal: the same regular
 * files with the same bytes, and nothing else.
 */
export async function compareTree(source: SourceTree, root: string, signal: AbortSignal): Promise<string[]> {
  const { files, emptyDirectories, refused } = await listTree(root);
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  const expected = new Set(source.files.map(({ path }) => path));
  const sameSize = source.files.filter(({ path, size }) => sizes.get(path) === size);
  const hashes = await hashFiles(root, sameSize, signal);
  return [
    ...refused.map(path => `not a regular file: ${path}`),
    ...emptyDirectories.map(path => `stray empty directory: ${path}`),
    ...files.filter(({ path }) => !expected.has(path)).map(({ path }) => `stray file: ${path}`),
    ...source.files.flatMap(file => difference(file, sizes.get(file.path), hashes, source.hashes)),
  ];
}

function difference({ path, size }: TreeFile, found: number | undefined, got: Hashes, wanted: Hashes): string[] {
  if (found === undefined) return [`missing: ${path}`];
  if (found !== size) return [`size differs: ${path} has ${found} bytes instead of ${size}`];
  return got.get(path) === wanted.get(path) ? [] : [`content differs: ${path}`];
}
