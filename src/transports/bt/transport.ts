import { stat } from 'node:fs/promises';
import { type Clock, systemClock } from '../../core/clock.ts';
import { BftError } from '../../core/errors.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import type { Extent } from '../../torrent/manifest.ts';
import type { Metainfo } from '../../torrent/metainfo.ts';
import type { StoredTorrent, TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { PublishState, Transport } from '../../transfer/transport.ts';
import { isAllowed } from '../http/allowed-hosts.ts';
import type { BtEngine } from './engine.ts';
import { BtFetch } from './fetch.ts';
import { Revival } from './revival.ts';
import { TorrentUsers } from './torrent-users.ts';

interface Options {
  readonly clock?: Clock;
  /** Hosts that addresses of received tasks may name, as `requireAllowed` reads them. */
  readonly allowHosts?: () => string;
}

/** BitTorrent: serves and fetches the item's shared torrent through the engine process. */
export class BtTransport implements Transport {
  readonly method = 'bt';
  readonly #engine: BtEngine;
  readonly #users: TorrentUsers;
  readonly #revival: Revival;
  readonly #allowHosts: () => string;

  constructor(engine: BtEngine, { clock = systemClock, allowHosts = () => '' }: Options = {}) {
    this.#engine = engine;
    this.#allowHosts = allowHosts;
    this.#users = new TorrentUsers(engine);
    this.#revival = new Revival({ engine, clock }, infoHash => this.#users.isUsed(infoHash));
  }

  /** Seeds what lies at `item.packagePath`; nothing is read again, but every file must be there with its size. */
  async publish(item: TransferItem, signal: AbortSignal): Promise<void> {
    const { path, metainfo } = sharedTorrent(item);
    const files = metainfo.files.map(file => item.sourcePath(file.path));
    for (const [index, file] of files.entries()) {
      const size = await stat(file).then(
        found => found.size,
        () => -1,
      );
      if (size !== metainfo.files[index]?.length) {
        throw new BftError('SOURCE_CHANGED', `${file} is not what the torrent says: make the task again`, {
          permanent: true,
        });
      }
    }
    signal.throwIfAborted();
    try {
      const { infoHash } = metainfo;
      const announce = this.#announceOf(item, metainfo);
      const torrent = { infoHash, torrentPath: path, files, have: 'all', task: item.name, announce };
      // An engine that cannot come up must not keep a cancel waiting.
      await unlessAborted(this.#users.add(item, torrent), signal);
    } catch (error) {
      await this.withdraw(item);
      throw error;
    }
  }

  async withdraw(item: TransferItem): Promise<void> {
    if (!item.shared) return;
    const { infoHash } = item.shared.metainfo;
    const removed = this.#users.remove(item, infoHash);
    if (!this.#users.isUsed(infoHash)) this.#revival.forget(infoHash);
    await removed;
  }

  /** The torrent goes on being served from the staging tree when this resolves, until `withdraw`. */
  async fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    if (extents.length === 0) return;
    const { infoHash } = sharedTorrent(item).metainfo;
    this.#revival.hold(infoHash);
    try {
      await this.#fetchOf(item, extents, ledger).run(signal);
      await ledger.flush();
    } catch (error) {
      // Also after a failed flush: the engine must not take for present what the ledger has taken back.
      await this.withdraw(item);
      throw error;
    } finally {
      this.#revival.release(infoHash);
    }
  }

  /** Serves what came of a fetch that was stopped, until it goes on or is withdrawn (decision 25). */
  async serveOn(item: TransferItem, ledger: Ledger): Promise<void> {
    if (item.shared) await this.#fetchOf(item, [], ledger).serve();
  }

  #fetchOf(item: TransferItem, extents: readonly Extent[], ledger: Ledger): BtFetch {
    const torrent = sharedTorrent(item);
    const announce = this.#announceOf(item, torrent.metainfo);
    return new BtFetch({ engine: this.#engine, users: this.#users }, item, { ...torrent, announce }, extents, ledger);
  }

  /** Whom a received torrent makes us ask is bounded as all addresses are that come with tasks (hostile input 11); our own torrents name our own tracker. */
  #announceOf({ isSent }: TransferItem, { announce }: Metainfo): string[] {
    return announce.filter(url => isSent || isAllowed(new URL(url.replace(/^udp:/i, 'http:')), this.#allowHosts()));
  }

  status(item: TransferItem): Promise<PublishState> {
    const infoHash = item.shared?.metainfo.infoHash ?? '';
    const isThere = this.#users.has(item, infoHash) && this.#engine.stats(infoHash) !== undefined;
    const reason = this.#revival.trouble(infoHash)?.message ?? 'not seeding';
    return Promise.resolve(isThere ? { state: 'available' } : { state: 'unavailable', reason });
  }
}

function sharedTorrent(item: TransferItem): StoredTorrent {
  if (item.shared) return item.shared;
  throw new BftError('TORRENT_MISSING', `${item.name} has a bt share and no torrent for it`);
}
