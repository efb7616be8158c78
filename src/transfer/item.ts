import { join } from 'node:path';
import type { Method } from '../core/method.ts';
import { taskIdentity } from '../task/identity.ts';
import { isBtOnly, parseRatio } from '../task/ratio.ts';
import { LIST_KEY, type ObsKeys, type TaskFile } from '../task/task-file.ts';
import { Manifest } from '../torrent/manifest.ts';
import type { Metainfo } from '../torrent/metainfo.ts';

/** A torrent as it lies on this node's disk. */
export interface StoredTorrent {
  readonly path: string;
  readonly metainfo: Metainfo;
}

export interface ItemPaths {
  /** Where the package lies (sender) or will lie (receiver). */
  readonly packagePath: string;
  /** Root of the working data of transfers. */
  readonly transferPath: string;
  /** Keys that were given for this task alone. */
  readonly obsKeys?: ObsKeys;
}

/** All that a transport may know of one task on this node. */
export class TransferItem {
  /** Name of the task file: the task's identity on this node. */
  readonly name: string;
  readonly task: TaskFile;
  readonly packagePath: string;
  /** The full torrent, when it is to be had. */
  readonly full: StoredTorrent | undefined;
  /** The torrent that bt serves and fetches: the full one for n:0:0, else the `-tmp` one; none without a bt share (BV-003 … BV-005). */
  readonly shared: StoredTorrent | undefined;
  readonly manifest: Manifest;
  readonly obsKeys: ObsKeys | undefined;
  readonly #transferPath: string;

  constructor(
    name: string,
    task: TaskFile,
    paths: ItemPaths,
    torrents: { full: StoredTorrent | undefined; tmp: StoredTorrent | undefined },
  ) {
    this.name = name;
    this.task = task;
    this.packagePath = paths.packagePath;
    this.#transferPath = paths.transferPath;
    this.obsKeys = paths.obsKeys;
    this.full = torrents.full;
    this.shared = isBtOnly(parseRatio(task['bt-obs-cdn'])) ? torrents.full : torrents.tmp;
    this.manifest = new Manifest(task.filelist, torrents.full?.metainfo);
  }

  files(method: Method): readonly string[] {
    return this.task[LIST_KEY[method]];
  }

  /** Directory of a method's working data (BD-11 … BD-13). */
  stagingRoot(method: Method): string {
    const suffix = method === 'bt' && !isBtOnly(parseRatio(this.task['bt-obs-cdn'])) ? '-tmp' : '';
    return join(this.#transferPath, method, this.task.basesubdir, `${this.task.name}${suffix}`);
  }

  stagingPath(method: Method, file: string): string {
    return join(this.stagingRoot(method), file);
  }

  /** Where the ledger lies: with the data it speaks of, by what the task is made of. Data of another task under this name is unknown to it. */
  get ledgerDirectory(): string {
    return join(this.ledgerRoot, taskIdentity(this.task));
  }

  get ledgerRoot(): string {
    return join(this.#transferPath, 'ledger', this.task.basesubdir, this.task.name);
  }

  /** Says which task the working data belongs to: task files of other names may hold the same package. */
  get ownerPath(): string {
    return join(this.#transferPath, 'owner', this.task.basesubdir, this.task.name);
  }

  /** Where the package is put together before it takes its place in the storage. */
  get assemblyPath(): string {
    return join(this.#transferPath, 'assembled', this.task.basesubdir, this.task.name);
  }

  /** Where the package that is being replaced waits to be removed. */
  get replacedPath(): string {
    return join(this.#transferPath, 'replaced', this.task.basesubdir, this.task.name);
  }

  /** True when the task names the torrents by infohash and they are those: their pieces then stand for the file hashes (decision 20). */
  get isBound(): boolean {
    const { infohash, tmpinfohash } = this.task.bt;
    if (!this.full || infohash !== this.full.metainfo.infoHash) return false;
    return !this.shared || this.shared === this.full || tmpinfohash === this.shared.metainfo.infoHash;
  }
}
