import { realpath, stat, statfs } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { asBftError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { generateDcp } from './dcp/generate.ts';
import { DemoFailure, UsageFailure } from './failure.ts';
import { BASESUBDIR, type NodePlace } from './node/config.ts';
import type { Options } from './options.ts';
import { packageName } from './package-name.ts';
import { placeTree } from './place.ts';
import { listTree, type TreeFile } from './tree/list.ts';

/** The package as it lies at the sender, ready for gentask. */
export interface SentPackage {
  readonly name: string;
  readonly path: string;
  /** What is compared with in the end: the folder that was given, or the package itself when it was made. */
  readonly original: string;
  /** The folder that was given, or 'synthetic'. */
  readonly source: string;
  readonly files: readonly TreeFile[];
  readonly bytes: number;
  readonly emptyDirectories: readonly string[];
}

/** Makes the package, or brings the given folder, to where a sender expects packages. */
export async function preparePackage(options: Options, place: NodePlace, signal: AbortSignal): Promise<SentPackage> {
  const at = (name: string) => join(place.storage, BASESUBDIR, 'dcps', name);
  if (options.source !== undefined) return await placeSource(options.source, options.receivers, place.root, at, signal);
  const issued = new Date();
  const name = `BFT-DEMO_TST-1_F_XX-XX_CN_51_2K_${issued.toISOString().slice(0, 10).replaceAll('-', '')}_SMPTE_OV`;
  await requireRoom(place.root, options.size, options.receivers);
  await generateDcp({ directory: at(name), title: name, size: options.size, issued }, signal);
  return await described(name, at(name), at(name), 'synthetic');
}

async function placeSource(
  given: string,
  receivers: number,
  workRoot: string,
  at: (name: string) => string,
  signal: AbortSignal,
): Promise<SentPackage> {
  const source = await existingDirectory(given);
  if (`${workRoot}${sep}`.startsWith(`${source}${sep}`)) {
    throw new UsageFailure(`the demo would work inside of --source ${given}: give another --dir`);
  }
  const name = packageName(source);
  const tree = await listTree(source);
  const [refused] = tree.refused;
  if (refused !== undefined) {
    throw new DemoFailure(`${join(source, refused)} is a link, a special file or no UTF-8 name: no package has those`);
  }
  await requireRoom(workRoot, sum(tree.files), receivers);
  await placeTree(tree, source, at(name), signal);
  return await described(name, at(name), source, source);
}

async function existingDirectory(given: string): Promise<string> {
  try {
    const path = await realpath(given);
    if ((await stat(path)).isDirectory()) return path;
  } catch (cause) {
    throw new UsageFailure(asBftError(cause, 'SOURCE_MISSING', `--source ${given}`).message, { cause });
  }
  throw new UsageFailure(`--source ${given} is not a directory`);
}

/** Room for the package at the sender, in the bucket and at the cacher, and at each receiver. */
async function requireRoom(directory: string, bytes: number, receivers: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const [free, needed] = [bavail * bsize, bytes * (receivers + 2)];
  if (free >= needed) return;
  throw new DemoFailure(`${directory} has ${formatBytes(free)} free, but this demo may need ${formatBytes(needed)}`);
}

async function described(name: string, path: string, original: string, source: string): Promise<SentPackage> {
  const { files, emptyDirectories } = await listTree(original);
  return { name, path, original, source, files, bytes: sum(files), emptyDirectories };
}

function sum(files: readonly TreeFile[]): number {
  return files.reduce((bytes, { size }) => bytes + size, 0);
}
