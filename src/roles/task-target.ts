import { lstat, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import type { Config } from '../config/schema.ts';
import { BftError, notThere } from '../core/errors.ts';
import { syncDirectory } from '../disk/durable.ts';
import { isInside } from '../disk/inside.ts';
import { checkTaskFileName } from '../task/names.ts';

/**
 * Checks where a task file is to be written: what stands there is removed, so it must be a file, and none of what the daemon itself owns — a task file
 * that stands in a queue is a task. Nothing is changed. Throws PARAMETER_INVALID or NAME_UNSAFE.
 */
export async function checkTarget(config: Config, path: string): Promise<void> {
  if (path === '') throw new BftError('PARAMETER_MISSING', 'error, please provide taskfile path.');
  if (path.includes('\0') || !path.startsWith('/') || normalize(path) !== path)
    refuse(path, 'is no absolute path without . and ..');
  checkTaskFileName(basename(path));
  const owner = await ownerOf(config, await withoutLinks(dirname(path)));
  if (owner !== undefined)
    refuse(path, `lies in ${owner}, which the daemon keeps itself; use ${config.senderpath}/tmp`);
  const there = await lstat(path).catch(notThere);
  if (there && !there.isFile()) refuse(path, 'is there, and is no file');
}

/** Removes a file that gentask makes anew; what else may stand there is not removed. */
export async function removeFile(path: string): Promise<void> {
  if (!(await lstat(path).catch(notThere))) return;
  await unlink(path);
  await syncDirectory(dirname(path));
}

function refuse(path: string, why: string): never {
  throw new BftError('PARAMETER_INVALID', `taskfile ${JSON.stringify(path.slice(0, 200))} ${why}`);
}

/** The directory of the daemon that a directory lies in: its own ones, but for the two `tmp` that are there for task files. */
async function ownerOf(config: Config, directory: string): Promise<string | undefined> {
  const { senderpath, receiverpath, transferpath, statepath, basedatapath } = config;
  const lies = async (root: string) => isInside(await withoutLinks(root), directory);
  for (const root of [senderpath, receiverpath]) if (await lies(join(root, 'tmp'))) return undefined;
  for (const root of [senderpath, receiverpath, transferpath, statepath, basedatapath])
    if (await lies(root)) return root;
  return undefined;
}

/** The path with the links in what exists of it resolved. */
async function withoutLinks(path: string): Promise<string> {
  const real = await realpath(path).catch(notThere);
  return real ?? join(await withoutLinks(dirname(path)), basename(path));
}
