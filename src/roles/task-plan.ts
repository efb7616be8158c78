import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import type { Config } from '../config/schema.ts';
import { BftError, notThere } from '../core/errors.ts';
import { refuseLinks } from '../disk/inside.ts';
import { type PackageFile, type PackageTree, walkPackage } from '../disk/walk.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import { Layout } from '../task/layout.ts';
import { checkPackageName, checkPaths, checkSegment } from '../task/names.ts';
import { parseRatio, type Ratio } from '../task/ratio.ts';
import { type Split, splitFiles } from '../task/split.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import { keptTorrent } from './kept-torrent.ts';
import { checkTarget } from './task-target.ts';

/** All that is decided before anything is hashed. */
export interface TaskPlan {
  readonly layout: Layout;
  readonly type: PackageTree['type'];
  /** What the paths of the files are relative to. */
  readonly root: string;
  readonly ratio: Ratio;
  /** In torrent order. */
  readonly files: readonly PackageFile[];
  readonly split: Split;
  readonly size: number;
  /** The full torrent that stays. */
  readonly kept: Metainfo | undefined;
  readonly emptyDirectories: readonly string[];
}

/** Checks a gentask request and lists the package. Nothing is changed. */
export async function planTask(config: Config, request: GentaskRequest): Promise<TaskPlan> {
  const { dcppath } = request;
  const ratio = await checkNames(config, request);
  if (!(await isPackage(dcppath))) throw new BftError('SOURCE_MISSING', `error, not exist dcp path: ${dcppath}.`);
  await checkPlace(config, request);
  const tree = await walkPackage(dcppath);
  checkPaths(tree.files.map(({ path }) => path));
  const layout = new Layout(dcppath);
  const kept = request.deloldtorrent ? undefined : await keptTorrent(layout.torrentPath, tree);
  const files = kept?.files ?? tree.files;
  const sized = files.map(({ path, size }) => ({ file: path, size }));
  return {
    layout,
    type: tree.type,
    root: tree.type === 'file' ? dirname(dcppath) : dcppath,
    ratio,
    files,
    split: splitFiles(sized, ratio, config.ctfilesorder ? 'torrent' : 'size'),
    size: files.reduce((sum, file) => sum + file.size, 0),
    kept: kept?.metainfo,
    emptyDirectories: tree.emptyDirectories,
  };
}

/** Checks what a request says, for a package that need not be there yet (BN-007). Nothing is changed. */
export async function checkRequest(config: Config, request: GentaskRequest): Promise<Layout> {
  await checkNames(config, request);
  await checkPlace(config, request);
  return new Layout(request.dcppath);
}

async function checkNames(config: Config, { taskfile, basesubdir, btobscdn }: GentaskRequest): Promise<Ratio> {
  await checkTarget(config, taskfile);
  checkSegment(basesubdir);
  return parseRatio(btobscdn);
}

/** The package must be a real directory or file at its place in the storage: its addresses are made from it, and send looks for it there (BD-14, BD-21). */
async function checkPlace({ basedatapath }: Config, { basesubdir, dcppath }: GentaskRequest): Promise<void> {
  const expected = Layout.at(basedatapath, basesubdir, checkPackageName(basename(dcppath))).packagePath;
  if (dcppath !== expected)
    throw new BftError('PARAMETER_INVALID', `dcppath ${dcppath} must be ${expected}, without a trailing /`);
  await refuseLinks(basedatapath, dcppath);
}

/** A directory, or a single file (BN-014). */
export async function isPackage(path: string): Promise<boolean> {
  if (!isAbsolute(path) || path.includes('\0')) return false;
  const info = await stat(path).catch(notThere);
  return info !== undefined && (info.isDirectory() || info.isFile());
}
