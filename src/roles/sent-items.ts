import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import { BftError, notThere } from '../core/errors.ts';
import { Layout } from '../task/layout.ts';
import { isBtOnly, parseRatio } from '../task/ratio.ts';
import type { TaskFile } from '../task/task-file.ts';
import { parseTorrent } from '../torrent/parse.ts';
import { type ItemTorrents, type StoredTorrent, TransferItem } from '../transfer/item.ts';
import type { TaskRecords } from './task-records.ts';

/** A sender's tasks with their torrents, which lie beside the package. */
export class SentItems {
  readonly #records: TaskRecords;
  readonly #config: () => Config;

  constructor(records: TaskRecords, config: () => Config) {
    this.#records = records;
    this.#config = config;
  }

  async item(name: string, task: TaskFile): Promise<TransferItem> {
    return await this.#item(name, task, await this.torrents(task));
  }

  /** For what needs no torrents: they may be gone, or of another making. */
  bareItem(name: string, task: TaskFile): Promise<TransferItem> {
    return this.#item(name, task, { full: undefined, tmp: undefined });
  }

  async #item(name: string, task: TaskFile, torrents: ItemTorrents): Promise<TransferItem> {
    const obsKeys = await this.#records.obsKeys(name, task);
    const { packagePath } = this.#layout(task);
    const paths = { packagePath, transferPath: this.#config().transferpath, isSent: true };
    return new TransferItem(name, task, obsKeys ? { ...paths, obsKeys } : paths, torrents);
  }

  /** Path of the torrent that bt serves. */
  sharedPath(task: TaskFile): string {
    const layout = this.#layout(task);
    return isBtOnly(parseRatio(task['bt-obs-cdn'])) ? layout.torrentPath : layout.tmpTorrentPath;
  }

  /** The torrents must be there (BS-16). */
  async torrents(task: TaskFile): Promise<{ full: StoredTorrent; tmp: StoredTorrent | undefined }> {
    const { torrentPath, tmpTorrentPath } = this.#layout(task);
    const needsTmp = !isBtOnly(parseRatio(task['bt-obs-cdn'])) && task.btlist.length > 0;
    const { infohash, tmpinfohash } = task.bt;
    return {
      full: await stored(torrentPath, infohash),
      tmp: needsTmp ? await stored(tmpTorrentPath, tmpinfohash) : undefined,
    };
  }

  #layout(task: TaskFile): Layout {
    return Layout.at(this.#config().basedatapath, task.basesubdir, task.name);
  }
}

/** A torrent that was made anew meanwhile is another one: the task no longer fits. */
async function stored(path: string, infoHash: string | undefined): Promise<StoredTorrent> {
  const bytes = await readFile(path).catch(notThere);
  if (!bytes) throw new BftError('TORRENT_MISSING', `not found torrent:${path} pls re generate task and torrent. `);
  const metainfo = parseTorrent(bytes, path);
  if (infoHash !== undefined && infoHash !== metainfo.infoHash) {
    throw new BftError(
      'TORRENT_MISMATCH',
      `${path} was made anew after this task; send the task that was made with it`,
    );
  }
  return { path, metainfo };
}
