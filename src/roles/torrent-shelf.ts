import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asBftError, BftError, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { shownUrl } from '../core/shown-url.ts';
import { makeDirectory, writeDurable } from '../disk/durable.ts';
import { isBtOnly, parseRatio } from '../task/ratio.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import { MAX_TORRENT_BYTES, parseTorrent } from '../torrent/parse.ts';
import type { ItemTorrents, StoredTorrent } from '../transfer/item.ts';

/** Fetches a small document whole; given by daemon.ts. */
export type Download = (url: string, limit: number, signal: AbortSignal) => Promise<Uint8Array>;

/**
 * Brings a received task's torrents: from the record directory when they are there, else from the sender; checks them against the task before they are
 * kept. Errors carry the texts of the protocol (BR-31 … BR-34).
 */
export class TorrentShelf {
  readonly #download: Download;
  readonly #log: Logger;

  constructor({ download, log }: { download: Download; log: Logger }) {
    this.#download = download;
    this.#log = log;
  }

  /** `needsFull` false (cacher): the full torrent is only brought for n:0:0. */
  async bring(task: TaskFile, directory: string, needsFull: boolean, signal: AbortSignal): Promise<ItemTorrents> {
    await makeDirectory(directory);
    const btOnly = isBtOnly(parseRatio(task['bt-obs-cdn']));
    // What is here already is not in btlist any more, and may be needed from bt after all.
    const needsTmp = !btOnly && (task.btlist.length > 0 || task.btlistsize > 0);
    const tmp = needsTmp ? await this.#bringTmp(task, directory, signal) : undefined;
    if (!btOnly && !needsFull) return { full: undefined, tmp };
    return { full: await this.#bringFull(task, directory, btOnly, signal), tmp };
  }

  async #bringTmp(task: TaskFile, directory: string, signal: AbortSignal): Promise<StoredTorrent> {
    const { tmpurl, tmpinfohash } = task.bt;
    if (!tmpurl) throw new BftError('TORRENT_MISSING', 'need tmptorrent and found bt.tmpurl is empty.');
    const failed = `could not download tmptorrent from ${shownUrl(tmpurl)}`;
    return await this.#bringOne(join(directory, 'tmp.torrent'), tmpurl, failed, task, task.btlist, tmpinfohash, signal);
  }

  /** Without the full torrent only n:0:0 cannot go on; other tasks are then checked by file hashes (decision 20). */
  async #bringFull(
    task: TaskFile,
    directory: string,
    isNeeded: boolean,
    signal: AbortSignal,
  ): Promise<StoredTorrent | undefined> {
    const { url, infohash } = task.bt;
    const files = task.filelist.map(({ file }) => file);
    try {
      const failed = `could not download torrent from ${shownUrl(url)}`;
      return await this.#bringOne(join(directory, 'full.torrent'), url, failed, task, files, infohash, signal);
    } catch (error) {
      if (isNeeded || (error instanceof BftError && error.code === 'TORRENT_MISMATCH')) throw error;
      throwIfStopped(signal);
      this.#log.warn({ err: error, package: task.name }, 'no full torrent: files will be checked by their SHA-1');
      return undefined;
    }
  }

  async #bringOne(
    path: string,
    url: string,
    failed: string,
    task: TaskFile,
    files: readonly string[],
    infoHash: string | undefined,
    signal: AbortSignal,
  ): Promise<StoredTorrent> {
    const kept = await readFile(path).catch(notThere);
    const bytes = kept ?? (await this.#downloaded(url, failed, signal));
    const metainfo = parseTorrent(bytes, shownUrl(url));
    if ((infoHash !== undefined && infoHash !== metainfo.infoHash) || !hasFiles(metainfo, task, files)) {
      const desc = `taskfile btlist is not equal torrent content, check taskfile or tmp torrent: ${shownUrl(url)}`;
      throw new BftError('TORRENT_MISMATCH', desc);
    }
    if (!kept) await writeDurable(path, bytes);
    return { path, metainfo };
  }

  async #downloaded(url: string, failed: string, signal: AbortSignal): Promise<Uint8Array> {
    try {
      return await this.#download(url, MAX_TORRENT_BYTES, signal);
    } catch (cause) {
      throwIfStopped(signal);
      const { permanent } = asBftError(cause, 'SOURCE_UNREACHABLE', url);
      throw new BftError('TORRENT_MISSING', failed, { cause, permanent });
    }
  }
}

/** Running out of time is the source's failure; every other abort is ours. */
function throwIfStopped(signal: AbortSignal): void {
  const { aborted, reason } = signal as { aborted: boolean; reason: unknown };
  if (aborted && !(reason instanceof DOMException && reason.name === 'TimeoutError')) signal.throwIfAborted();
}

/** The torrent holds these files of the task, with their sizes, in whatever order, and no others but such as are here already. */
function hasFiles(metainfo: Metainfo, task: TaskFile, files: readonly string[]): boolean {
  const sizes = new Map(task.filelist.map(({ file, size }) => [file, size]));
  const here = new Set(task.localsamefiles);
  const wanted = new Set(files);
  const extra = metainfo.files.filter(({ path }) => !wanted.has(path));
  return (
    metainfo.files.length - extra.length === wanted.size &&
    extra.every(({ path }) => here.has(path)) &&
    metainfo.files.every(({ path, length }) => sizes.get(path) === length)
  );
}
