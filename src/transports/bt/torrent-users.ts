import { BftError } from '../../core/errors.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { BtEngine } from './engine.ts';
import type { EngineTorrent } from './protocol.ts';

/** Who uses which torrent of the engine: the engine lets go of it with its last user. */
export class TorrentUsers {
  readonly #engine: BtEngine;
  /** By infohash, then by key of the item. */
  readonly #users = new Map<string, Map<string, EngineTorrent>>();

  constructor(engine: BtEngine) {
    this.#engine = engine;
  }

  /** Whole packages at the same place are shared. Throws TASK_EXISTS when another item has the torrent in other files. */
  async add({ key, name }: TransferItem, torrent: EngineTorrent): Promise<void> {
    const { infoHash } = torrent;
    const users = this.#users.get(infoHash) ?? new Map<string, EngineTorrent>();
    const [other] = [...users].filter(([user]) => user !== key).map(([, theirs]) => theirs);
    if (other && !areSame(other, torrent)) {
      throw new BftError('TASK_EXISTS', `the torrent of ${name} is in use by the task ${other.task}, in other files`);
    }
    this.#users.set(infoHash, users.set(key, torrent));
    await this.#engine.add(other ?? torrent);
  }

  /** Resolves when the engine has let go of the files, unless others use them. */
  async remove({ key }: TransferItem, infoHash: string): Promise<void> {
    const users = this.#users.get(infoHash);
    if (!users?.delete(key)) return;
    const [left] = users.values();
    if (!left) {
      this.#users.delete(infoHash);
      return await this.#engine.remove(infoHash);
    }
    // The torrent file of the one that went may go with it. Should this fail, `status` says so.
    this.#engine.add(left).catch(() => {});
  }

  isUsed(infoHash: string): boolean {
    return this.#users.has(infoHash);
  }

  has({ key }: TransferItem, infoHash: string): boolean {
    return this.#users.get(infoHash)?.has(key) ?? false;
  }
}

function areSame(a: EngineTorrent, b: EngineTorrent): boolean {
  return a.have === 'all' && b.have === 'all' && a.files.join('\0') === b.files.join('\0');
}
