import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { isInside } from '../disk/inside.ts';
import { HashKeeper } from '../hashtable/hash-keeper.ts';
import type { HashTable } from '../hashtable/hash-table.ts';
import type { HashFile } from '../hashtable/new-files.ts';
import { Pace } from '../hashtable/pace.ts';
import { FileHasher } from '../torrent/file-hasher.ts';

interface Components {
  readonly table: HashTable;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether the node is transferring anything. */
  readonly isBusy: () => boolean;
}

/** What keeps the hash table of a node: nothing on a mounted bucket, which cannot be watched; gentask and addhashtable fill its table (BH-04). */
export function hashKeeping({ table, clock, log, isBusy }: Components, current: () => Config): Startable[] {
  const closing = { name: 'hash table', start: () => Promise.resolve(), stop: () => table.stop() };
  if (current().machinetype === 'hwecs') return [closing];
  const pace = new Pace({ clock }, () => current().hashshare, isBusy);
  const hasher = new FileHasher(pace.rest);
  const hash: HashFile = async (path, signal, expected) => {
    pace.begin();
    const sha1 = await hasher.hash(path, signal, expected);
    await pace.rest(signal);
    return sha1;
  };
  const { basedatapath: storage, transferpath, statepath, receiverpath, senderpath } = current();
  const own = [transferpath, statepath, receiverpath, senderpath];
  const isExcluded = (directory: string) => own.some(path => isInside(path, directory));
  const keeper = new HashKeeper(
    { table, hash, clock, log },
    { storage, isExcluded, isOn: () => current().avoidrepeat },
  );
  const thread = { name: 'thread of the keeper', start: () => Promise.resolve(), stop: () => hasher.close() };
  // What the keeper asked may take long: a text of a million rows.
  const stop = async () => void (await Promise.all([keeper.stop(), table.stop()]));
  return [closing, thread, { name: keeper.name, start: () => keeper.start(), stop }];
}
