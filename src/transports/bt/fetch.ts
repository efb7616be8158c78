import { constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BftError } from '../../core/errors.ts';
import { makeDirectory } from '../../disk/durable.ts';
import { PieceMap } from '../../torrent/piece-map.ts';
import type { StoredTorrent, TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { BtEngine } from './engine.ts';
import type { TorrentStats } from './protocol.ts';
import type { TorrentUsers } from './torrent-users.ts';

const STATS_MS = 1000;
/** What does not move at once may do so a moment later: a cacher and its sender start together, and the sender unchokes in turns. */
const QUIET_LOOKS = 10;

/** One try of fetching a torrent: turns the engine's durable pieces into verified units and finished files of the ledger. */
export class BtFetch {
  readonly #engine: BtEngine;
  readonly #users: TorrentUsers;
  readonly #item: TransferItem;
  readonly #torrent: StoredTorrent;
  readonly #ledger: Ledger;
  readonly #map: PieceMap;
  /** Pieces that a file still lacks. */
  readonly #missing = new Map<string, number>();
  /** What each peer had sent when we last looked. */
  readonly #seen = new Map<string, number>();
  #wasted = 0;
  #received = 0;
  /** Looks in a row at which nothing had come. */
  #quietLooks = 0;

  constructor(
    { engine, users }: { engine: BtEngine; users: TorrentUsers },
    item: TransferItem,
    torrent: StoredTorrent,
    ledger: Ledger,
  ) {
    this.#engine = engine;
    this.#users = users;
    this.#item = item;
    this.#torrent = torrent;
    this.#ledger = ledger;
    this.#map = new PieceMap(torrent.metainfo);
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { infoHash } = this.#torrent.metainfo;
    await this.#finishEmptyFiles();
    const have = this.#startBitfield();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onDurable = (event: { infoHash: string; pieces: readonly number[] }) => {
      if (event.infoHash !== infoHash) return;
      this.#enter(event.pieces);
      if (this.#missing.size === 0) resolve();
    };
    const onFailed = (event: { infoHash: string; error: BftError }) => {
      if (event.infoHash === infoHash) reject(event.error);
    };
    const onAbort = () => reject(signal.reason as Error);
    const timer = setInterval(() => this.#look(this.#engine.stats(infoHash)), STATS_MS);
    this.#engine.on('durable', onDurable);
    this.#engine.on('failed', onFailed);
    signal.addEventListener('abort', onAbort);
    try {
      const torrent = { infoHash, torrentPath: this.#torrent.path, files: this.#paths(), have, task: this.#item.name };
      await Promise.race([this.#users.add(this.#item, torrent), promise]);
      if (this.#missing.size === 0) resolve();
      await promise;
    } catch (error) {
      // What the engine still makes durable while it lets go is entered, too.
      await this.#users.remove(this.#item, infoHash);
      throw error;
    } finally {
      clearInterval(timer);
      this.#engine.off('durable', onDurable);
      this.#engine.off('failed', onFailed);
      signal.removeEventListener('abort', onAbort);
      this.#look(this.#engine.stats(infoHash));
    }
  }

  #paths(): string[] {
    return this.#torrent.metainfo.files.map(({ path }) => this.#item.stagedPath(path));
  }

  async #finishEmptyFiles(): Promise<void> {
    for (const { path, length } of this.#torrent.metainfo.files) {
      if (length > 0 || this.#ledger.isFinished(path)) continue;
      const staged = this.#item.stagedPath(path);
      await makeDirectory(dirname(staged));
      const handle = await open(
        staged,
        constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      );
      await handle.close();
      this.#ledger.finish(path, 'bt');
    }
  }

  /** Pieces whose every byte the ledger has are on disk; the others are missing, and counted per file. */
  #startBitfield(): string {
    const bits = new Uint8Array(Math.ceil(this.#map.count / 8));
    for (let piece = 0; piece < this.#map.count; piece++) {
      const extents = this.#map.extents(piece);
      if (extents.every(extent => this.#ledger.isVerified(extent)))
        bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7));
      else for (const { file } of extents) this.#missing.set(file, (this.#missing.get(file) ?? 0) + 1);
    }
    for (const { path } of this.#torrent.metainfo.files) {
      if (this.#ledger.isFinished(path)) this.#missing.delete(path);
      else if (!this.#missing.has(path)) this.#finish(path);
    }
    return Buffer.from(bits).toString('base64');
  }

  #enter(pieces: readonly number[]): void {
    for (const piece of pieces) {
      for (const extent of this.#map.extents(piece)) {
        const left = this.#missing.get(extent.file);
        if (left === undefined) continue;
        this.#ledger.durable(extent, 'bt');
        if (left > 1) this.#missing.set(extent.file, left - 1);
        else this.#finish(extent.file);
      }
    }
  }

  #finish(file: string): void {
    this.#missing.delete(file);
  }

  #look(stats: TorrentStats | undefined): void {
    if (!stats) return;
    const meter = this.#ledger.meters.bt;
    for (const { address, listenPort, downloaded } of stats.peers) {
      const before = this.#seen.get(address) ?? 0;
      const source = listenPort === null ? address : `${address.slice(0, address.lastIndexOf(':'))}:${listenPort}`;
      // A peer that came back under the same address counts from 0 again.
      const more = downloaded >= before ? downloaded - before : downloaded;
      if (more > 0) meter.add(source, more);
      this.#seen.set(address, downloaded);
    }
    if (stats.wasted > this.#wasted) meter.waste('?', stats.wasted - this.#wasted);
    this.#wasted = stats.wasted;
    this.#quietLooks = stats.received > this.#received ? 0 : this.#quietLooks + 1;
    this.#received = stats.received;
    this.#ledger.notice('bt', this.#missing.size > 0 ? this.#trouble(stats) : undefined);
  }

  /** Why nothing comes (BE-24). */
  #trouble({ trackerError, connected, pieces, available }: TorrentStats): BftError | undefined {
    const { name } = this.#torrent.metainfo;
    const peers = connected.seeds + connected.leechers;
    const isQuiet = this.#quietLooks > QUIET_LOOKS;
    const tracker = trackerError === '' ? 'the tracker names no one else' : `tracker: ${trackerError}`;
    if (peers === 0 && (isQuiet || trackerError !== '')) return noSource(`no source of ${name}; ${tracker}`);
    if (!isQuiet || available === pieces) return undefined;
    const share = Math.floor((available * 100) / pieces);
    return noSource(`only ${share}% of ${name} is available from its ${peers} peers; ${tracker}`);
  }
}

function noSource(why: string): BftError {
  return new BftError('BT_NO_SOURCE', `bt download error: ${why}`, { permanent: false });
}
