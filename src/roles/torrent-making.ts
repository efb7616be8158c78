import { dirname } from 'node:path';
import { BftError } from '../core/errors.ts';
import { makeDirectory, removeDurable, writeAfresh } from '../disk/durable.ts';
import { isBtOnly } from '../task/ratio.ts';
import { buildTorrent, choosePieceLength, chooseShareLength, type PieceLimits } from '../torrent/build.ts';
import { hashPackage, type HashRequest, type PackageHashes } from '../torrent/hash-package.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import { parseTorrent } from '../torrent/parse.ts';
import type { MadeTorrents } from './compose-task.ts';
import type { TaskPlan } from './task-plan.ts';

interface MakingOptions {
  /** Announce URL, or ''. */
  readonly tracker: string;
  readonly limits: PieceLimits;
  /** Threads that hash; 0: one per core. */
  readonly workers: number;
  /** SHA-1, hex, by path, of the files that need no hashing. */
  readonly known: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** Gets the bytes read so far. */
  readonly onProgress: (bytes: number) => void;
}

/** The torrents of a task on their way: they stay only when its task file is there, too. */
export class TorrentMaking {
  readonly #plan: TaskPlan;
  readonly #options: MakingOptions;
  readonly #written: string[] = [];

  constructor(plan: TaskPlan, options: MakingOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /**
   * Hashes the package in one reading pass and writes the torrents. Errors: those of `hashPackage`, TORRENT_MISMATCH when the torrent that was to be kept
   * is not of these bytes, DISK_WRITE.
   */
  async make(): Promise<MadeTorrents> {
    const { layout, type, files, split, size, kept } = this.#plan;
    const request = this.#request();
    const { signal, onProgress, tracker } = this.#options;
    const hashes = await hashPackage(request, signal, onProgress);
    if (kept && !Buffer.from(kept.pieces).equals(hashes.pieces)) {
      throw new BftError(
        'TORRENT_MISMATCH',
        `${layout.torrentPath} is not of this package any more; gentask with deloldtorrent "true" makes it anew`,
      );
    }
    signal.throwIfAborted();
    const full = kept ?? (await this.#writeFull(request, hashes));
    const tmp = request.btFiles && (await this.#writeShare(request, request.btFiles, hashes));
    return { layout, type, files, hashes: hashes.files, split, size, tracker, full: full.infoHash, tmp: tmp?.infoHash };
  }

  /** Takes back what was written; a torrent that was kept stays. */
  async undo(): Promise<void> {
    for (const path of this.#written) await removeDurable(path);
  }

  #request(): HashRequest {
    const { root, files, split, size, ratio, kept } = this.#plan;
    const { limits, workers, known } = this.#options;
    const needsShare = !isBtOnly(ratio) && split.bt.length > 0;
    const share = new Set(split.bt);
    const shareSize = files.reduce((sum, file) => sum + (share.has(file.path) ? file.size : 0), 0);
    const pieceLength = kept?.pieceLength ?? choosePieceLength(size, limits);
    const btPieceLength = chooseShareLength(shareSize, pieceLength, limits);
    return { root, files, pieceLength, btFiles: needsShare ? share : undefined, btPieceLength, known, workers };
  }

  #writeFull({ pieceLength }: HashRequest, { pieces }: PackageHashes): Promise<Metainfo> {
    const { layout, files, type } = this.#plan;
    const { tracker } = this.#options;
    const torrent = buildTorrent({ name: layout.name, pieceLength, pieces, files, type, tracker });
    return this.#write(layout.torrentPath, torrent);
  }

  #writeShare(
    { btPieceLength: pieceLength }: HashRequest,
    share: ReadonlySet<string>,
    { btPieces: pieces }: PackageHashes,
  ): Promise<Metainfo> {
    const { layout } = this.#plan;
    const { tracker } = this.#options;
    const files = this.#plan.files.filter(({ path }) => share.has(path));
    const torrent = buildTorrent({ name: `${layout.name}-tmp`, pieceLength, pieces, files, tracker });
    return this.#write(layout.tmpTorrentPath, torrent);
  }

  async #write(path: string, bytes: Uint8Array): Promise<Metainfo> {
    await makeDirectory(dirname(path));
    this.#written.push(path);
    await writeAfresh(path, bytes);
    return parseTorrent(bytes, path);
  }
}
