import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BftError, errno, notThere } from '../core/errors.ts';
import { METHODS } from '../core/method.ts';
import { inParallel } from '../core/parallel.ts';
import { makeDirectory, removeDurable, renameDurable, syncDirectory, writeDurable } from '../disk/durable.ts';
import { exists } from '../disk/exists.ts';
import { taskIdentity } from '../task/identity.ts';
import type { TransferItem } from './item.ts';

/** Files that are moved at once. */
const MOVES = 8;
const never = new AbortController().signal;

/** The only mark of completion for outsiders (BD-16). */
const finishedMark = (packagePath: string) => `${packagePath}.finished`;

/** True from the moment on in which everything is verified and durable: after a crash the package is moved on, not fetched. */
export async function isAssembling(item: TransferItem): Promise<boolean> {
  return (await readFile(assemblyMark(item), 'utf8').catch(notThere)) === taskIdentity(item.task);
}

/**
 * Puts the package together by renaming and gives it its place in the storage; an older one of the same name stays until that moment
 * (decision 22). All files must be verified and durable. Every step can be done again after a crash, until `cleanUp`.
 */
export async function assemble(item: TransferItem): Promise<void> {
  await makeDirectory(dirname(item.assemblyPath));
  if (!(await isAssembling(item))) {
    // What another task of this name may have left half-way.
    await removeDurable(gatheredMark(item));
    await removeDurable(item.assemblyPath);
    await writeDurable(assemblyMark(item), taskIdentity(item.task));
  }
  if (!(await isPlaced(item))) {
    await gather(item);
    await place(item);
  }
  await markFinished(item);
}

/** Takes the finished package out of the storage, at once for outsiders, and deletes it. Can be done again after a crash. */
export async function removePackage(item: TransferItem): Promise<void> {
  await removeDurable(finishedMark(item.packagePath));
  await removeDurable(item.deletedPath);
  if (!(await exists(item.packagePath))) return;
  await makeDirectory(dirname(item.deletedPath));
  await renameDurable(item.packagePath, item.deletedPath);
  await removeDurable(item.deletedPath);
}

/** Removes all working data of an item. */
export async function cleanUp(item: TransferItem): Promise<void> {
  await restoreReplaced(item);
  for (const root of item.stagingRoots) await removeDurable(root);
  await removeDurable(item.ledgerRoot);
  await removeDurable(item.replacedPath);
  await removeDurable(item.deletedPath);
  await removeDurable(item.assemblyPath);
  await removeDurable(gatheredMark(item));
  await removeDurable(assemblyMark(item));
  await removeDurable(item.ownerPath);
}

// A package name cannot begin with a dot, so these marks cannot be packages.
const assemblyMark = ({ assemblyPath, task }: TransferItem) => join(dirname(assemblyPath), `.${task.name}.assembling`);
const gatheredMark = ({ assemblyPath, task }: TransferItem) => join(dirname(assemblyPath), `.${task.name}.gathered`);

/** Gathered once, an assembly that is no longer there was given its place. */
async function isPlaced(item: TransferItem): Promise<boolean> {
  return (await exists(gatheredMark(item))) && !(await exists(item.assemblyPath));
}

async function gather(item: TransferItem): Promise<void> {
  const isFile = item.task.type === 'file';
  const root = isFile ? dirname(item.assemblyPath) : item.assemblyPath;
  const targetOf = (file: string) => (isFile ? item.assemblyPath : join(root, file));
  const directories = new Set([root]);
  for (const { file } of item.task.filelist) {
    for (let at = dirname(targetOf(file)); !directories.has(at); at = dirname(at)) directories.add(at);
  }
  await makeDirectory(root);
  for (const directory of directories) await mkdir(directory, { recursive: true });
  await inParallel(item.task.filelist, MOVES, never, async ({ file }) => {
    // Before a crash somebody else may have been to bring it.
    const others = METHODS.map(method => item.stagingPath(method, file));
    await move(new Set([item.stagedPath(file), ...others]), targetOf(file));
  });
  for (const directory of directories) await syncDirectory(directory);
  await writeDurable(gatheredMark(item), '');
}

/** Moves the file from where it is. When it is nowhere it was moved before a crash. */
async function move(sources: Iterable<string>, target: string): Promise<void> {
  for (const source of sources) {
    try {
      return await rename(source, target);
    } catch (error) {
      if (errno(error) !== 'ENOENT' && errno(error) !== 'ENOTDIR') throw error;
    }
  }
  if (!(await exists(target))) throw new BftError('VERIFY_FAILED', `${target} is gone from the transfer directories`);
}

async function place(item: TransferItem): Promise<void> {
  await makeDirectory(dirname(item.packagePath));
  if (await exists(item.packagePath)) {
    await removeDurable(finishedMark(item.packagePath));
    await removeDurable(item.replacedPath);
    await makeDirectory(dirname(item.replacedPath));
    await renameDurable(item.packagePath, item.replacedPath);
  }
  try {
    await renameDurable(item.assemblyPath, item.packagePath);
  } catch (error) {
    await restoreReplaced(item);
    throw error;
  }
}

/** The package that was to be replaced takes its place again when the new one did not (decision 14). */
async function restoreReplaced(item: TransferItem): Promise<void> {
  if (!(await exists(item.replacedPath)) || (await exists(item.packagePath))) return;
  await renameDurable(item.replacedPath, item.packagePath);
  await markFinished(item);
}

/** An empty file needs no temporary one to be whole. */
async function markFinished({ packagePath }: TransferItem): Promise<void> {
  const handle = await open(finishedMark(packagePath), 'a');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncDirectory(dirname(packagePath));
}
