import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { METHODS, type Method, type Source } from '../core/method.ts';
import { homeMethod } from '../task/avoid-repeat.ts';
import { taskIdentity } from '../task/identity.ts';
import { isBtOnly, parseRatio } from '../task/ratio.ts';
import { LIST_KEY, type ObsKeys, type TaskFile } from '../task/task-file.ts';
import type { LedgerFiles } from './ledger-content.ts';
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
  /** The item of a sender. */
  readonly isSent?: boolean;
}

export interface ItemTorrents {
  readonly full: StoredTorrent | undefined;
  readonly tmp: StoredTorrent | undefined;
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
  readonly #paths: ItemPaths;
  readonly #torrents: ItemTorrents;
  #homes: ReadonlyMap<string, Method> | undefined;
  #inTorrent: ReadonlySet<string> | undefined;

  constructor(name: string, task: TaskFile, paths: ItemPaths, torrents: ItemTorrents) {
    this.name = name;
    this.task = task;
    this.packagePath = paths.packagePath;
    this.#paths = paths;
    this.#torrents = torrents;
    this.obsKeys = paths.obsKeys;
    this.full = torrents.full;
    this.shared = isBtOnly(parseRatio(task['bt-obs-cdn'])) ? torrents.full : torrents.tmp;
    this.manifest = new Manifest(task.filelist, torrents.full?.metainfo);
  }

  /** Tells the items of this node apart: it may have a task of one name in both directions. */
  get key(): string {
    return `${this.#paths.isSent ? 'sent' : 'received'}/${this.name}`;
  }

  /** Whether this node made the task. */
  get isSent(): boolean {
    return this.#paths.isSent ?? false;
  }

  /** The same item with lists that changed. */
  withTask(task: TaskFile): TransferItem {
    return new TransferItem(this.name, task, this.#paths, this.#torrents);
  }

  /** The files that a source is to bring. */
  files(source: Source): readonly string[] {
    return source === 'local' ? (this.task.localsamefiles ?? []) : this.task[LIST_KEY[source]];
  }

  /** Where a file of the package lies (sender) or will lie (receiver). A package of type file is that file itself (BN-014). */
  sourcePath(file: string): string {
    return this.task.type === 'file' ? this.packagePath : join(this.packagePath, file);
  }

  /** Directory of a method's working data (BD-11 … BD-13). */
  stagingRoot(method: Method): string {
    const suffix = method === 'bt' && !isBtOnly(parseRatio(this.task['bt-obs-cdn'])) ? '-tmp' : '';
    return join(this.#paths.transferPath, method, this.task.basesubdir, `${this.task.name}${suffix}`);
  }

  /** All that tasks of this package may have had, whatever their ratio. */
  get stagingRoots(): string[] {
    const { basesubdir, name } = this.task;
    const roots = METHODS.map(method => join(this.#paths.transferPath, method, basesubdir, name));
    return [...roots, join(this.#paths.transferPath, 'bt', basesubdir, `${name}-tmp`)];
  }

  stagingPath(method: Method, file: string): string {
    return join(this.stagingRoot(method), file);
  }

  /**
   * Where a file waits for the assembly, whoever brings its bytes: with the method whose list it is in. A local copy waits where its method would have
   * put it: bt then serves and completes it.
   */
  stagedPath(file: string): string {
    return this.stagingPath(this.listedBy(file) ?? homeMethod(this.task, file, this.inTorrent), file);
  }

  /** The method whose list the file is in; undefined for what is here already. */
  listedBy(file: string): Method | undefined {
    this.#homes ??= new Map(METHODS.flatMap(method => this.files(method).map(listed => [listed, method] as const)));
    return this.#homes.get(file);
  }

  /** Files that bt can bring. */
  get inTorrent(): ReadonlySet<string> {
    this.#inTorrent ??= new Set(this.shared?.metainfo.files.map(({ path }) => path));
    return this.#inTorrent;
  }

  /** Where the ledger lies: with the data it speaks of, by what the task is made of. Data of another task under this name is unknown to it. */
  get ledgerDirectory(): string {
    return join(this.ledgerRoot, taskIdentity(this.task));
  }

  get ledgerRoot(): string {
    return join(this.#paths.transferPath, 'ledger', this.task.basesubdir, this.task.name);
  }

  get ledgerFiles(): LedgerFiles {
    return { path: file => this.stagedPath(file), size: file => this.manifest.size(file) };
  }

  /** Says which task is to fill the package's place: task files of other names may hold the same package, or another one for that place (plan A, BN-004). */
  get ownerPath(): string {
    const place = createHash('sha1').update(this.packagePath).digest('hex');
    return join(this.#paths.transferPath, 'owner', place);
  }

  /** Where the package is put together before it takes its place in the storage. */
  get assemblyPath(): string {
    return join(this.#paths.transferPath, 'assembled', this.task.basesubdir, this.task.name);
  }

  /** Where the package that is being replaced waits to be removed. */
  get replacedPath(): string {
    return join(this.#paths.transferPath, 'replaced', this.task.basesubdir, this.task.name);
  }

  /** Where the package waits to be deleted, after it was taken out of the storage. */
  get deletedPath(): string {
    return join(this.#paths.transferPath, 'deleted', this.task.basesubdir, this.task.name);
  }

  /** True when the task names the torrents by infohash and they are those: their pieces then stand for the file hashes (decision 20). */
  get isBound(): boolean {
    const { infohash, tmpinfohash } = this.task.bt;
    if (!this.full || infohash !== this.full.metainfo.infoHash) return false;
    return !this.shared || this.shared === this.full || tmpinfohash === this.shared.metainfo.infoHash;
  }
}
