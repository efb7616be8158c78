import { constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BftError } from '../../core/errors.ts';
import { makeDirectory } from '../../disk/durable.ts';
import type { Extent } from '../../torrent/manifest.ts';
import { PieceMap } from '../../torrent/piece-map.ts';
import type { StoredTorrent, TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import { Bitfield } from './bitfield.ts';
import type { BtEngine } from './engine.ts';
import { FetchAccounts } from './fetch-accounts.ts';
import type { EngineTorrent, TorrentStats } from './protocol.ts';
import type { TorrentUsers } from './torrent-users.ts';

const STATS_MS = 1000;
/** What does not move at once may do so a moment later: a cacher and its sender start together, and the sender unchokes in turns. */
const QUIET_LOOKS = 10;

/** `announce`: the trackers that may be asked. */
/** What the engine is to know of the pieces when it begins. */
type StartPieces = Readonly<Record<'have' | 'unconfirmed' | 'unwanted', Bitfield>>;
type FetchedTorrent = StoredTorrent & { readonly announce: string[] };

/** One try of fetching a torrent: turns the engine's durable pieces into verified units and finished files of the ledger. */
export class BtFetch {
  readonly #engine: BtEngine;
  readonly #users: TorrentUsers;
  readonly #item: TransferItem;
  readonly #torrent: FetchedTorrent;
  readonly #ledger: Ledger;
  readonly #map: PieceMap;
  /** Of the torrent. */
  readonly #wanted: ReadonlySet<string>;
  /** Files that lack pieces. */
  readonly #missing = new Set<string>();
  readonly #accounts: FetchAccounts;
  #received = 0;
  /** Looks in a row at which nothing had come. */
  #quietLooks = 0;

  constructor(
    { engine, users }: { engine: BtEngine; users: TorrentUsers },
    item: TransferItem,
    torrent: FetchedTorrent,
    extents: readonly Extent[],
    ledger: Ledger,
  ) {
    this.#engine = engine;
    this.#users = users;
    this.#item = item;
    this.#torrent = torrent;
    this.#ledger = ledger;
    this.#map = new PieceMap(torrent.metainfo);
    this.#wanted = new Set(extents.map(({ file }) => file));
    this.#accounts = new FetchAccounts(ledger.meters.bt, engine.stats(torrent.metainfo.infoHash));
  }

  /** Serves what is here, if anything is. What is not wanted is not fetched: with no extents, nothing. */
  async serve(): Promise<void> {
    const start = this.#startPieces();
    if (start.have.count + start.unconfirmed.count > 0) await this.#users.add(this.#item, this.#forEngine(start));
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { infoHash } = this.#torrent.metainfo;
    await this.#finishEmptyFiles();
    signal.throwIfAborted();
    const start = this.#startPieces();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onWritten = (event: { infoHash: string; pieces: readonly number[] }) => {
      if (event.infoHash === infoHash) this.#note(event.pieces);
    };
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
    this.#engine.on('written', onWritten);
    this.#engine.on('durable', onDurable);
    this.#engine.on('failed', onFailed);
    signal.addEventListener('abort', onAbort);
    try {
      await Promise.race([this.#users.add(this.#item, this.#forEngine(start)), promise]);
      if (this.#missing.size === 0) resolve();
      await promise;
      this.#close(this.#engine.stats(infoHash));
    } catch (error) {
      this.#close(this.#engine.stats(infoHash));
      // What the engine still makes durable while it lets go is entered, too.
      await this.#users.remove(this.#item, infoHash);
      throw error;
    } finally {
      clearInterval(timer);
      this.#engine.off('written', onWritten);
      this.#engine.off('durable', onDurable);
      this.#engine.off('failed', onFailed);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #forEngine(start: StartPieces): EngineTorrent {
    const { path: torrentPath, announce, metainfo } = this.#torrent;
    const files = metainfo.files.map(({ path }) => this.#item.stagedPath(path));
    const torrent = { infoHash: metainfo.infoHash, torrentPath, files, task: this.#item.name, announce };
    const [have, unconfirmed] = [start.have.toBase64(), start.unconfirmed.toBase64()];
    const unwanted = start.unwanted.count === 0 ? {} : { unwanted: start.unwanted.toBase64() };
    return { ...torrent, have, unconfirmed, ...unwanted };
  }

  async #finishEmptyFiles(): Promise<void> {
    for (const { path, length } of this.#torrent.metainfo.files) {
      if (length > 0 || !this.#wanted.has(path) || this.#ledger.isFinished(path)) continue;
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

  /**
   * Pieces whose every byte the ledger has are on disk; the files of the others lack something. Those of which the ledger knows at least that they
   * were written are worth a look before they are fetched. What only brings files that are not wanted is not fetched.
   */
  #startPieces(): StartPieces {
    const have = new Bitfield(this.#map.count);
    const unconfirmed = new Bitfield(this.#map.count);
    const unwanted = new Bitfield(this.#map.count);
    for (let piece = 0; piece < this.#map.count; piece++) {
      const extents = this.#map.extents(piece);
      if (extents.every(extent => this.#ledger.isVerified(extent))) {
        have.set(piece);
        continue;
      }
      const lacking = extents.filter(extent => this.#wanted.has(extent.file) && !this.#ledger.isVerified(extent));
      if (lacking.length === 0) unwanted.set(piece);
      for (const { file } of lacking) this.#missing.add(file);
      if (extents.every(extent => this.#isThere(extent))) unconfirmed.set(piece);
    }
    return { have, unconfirmed, unwanted };
  }

  #isThere(extent: Extent): boolean {
    return this.#ledger.isVerified(extent) || this.#ledger.isWritten(extent);
  }

  #note(pieces: readonly number[]): void {
    for (const extent of pieces.flatMap(piece => this.#map.extents(piece))) {
      if (this.#missing.has(extent.file)) this.#ledger.written(extent);
    }
  }

  #enter(pieces: readonly number[]): void {
    for (const piece of pieces) {
      for (const extent of this.#map.extents(piece)) {
        if (!this.#missing.has(extent.file)) continue;
        this.#ledger.durable(extent, 'bt');
        if (this.#ledger.isFinished(extent.file)) this.#missing.delete(extent.file);
      }
    }
  }

  /** The last look, while the torrent is still in the engine. */
  #close(stats: TorrentStats | undefined): void {
    if (!stats) return;
    this.#look(stats);
    this.#accounts.close(stats);
  }

  #look(stats: TorrentStats | undefined): void {
    if (!stats) return;
    this.#accounts.look(stats);
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
