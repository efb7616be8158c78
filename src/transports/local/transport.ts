import { availableParallelism } from 'node:os';
import { BftError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Extent } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { Throttle } from '../../transfer/token-bucket.ts';
import type { PublishState, Transport } from '../../transfer/transport.ts';
import { UnitHasher } from '../http/unit-hasher.ts';
import { UnitMemory } from '../http/unit-memory.ts';
import { type DropRows, LocalCopies } from './local-copies.ts';

/** Where files of that content and size may lie, by their SHA-1 (hex). A place is only a hint. */
type FindFiles = (wanted: ReadonlyMap<string, number>) => Promise<ReadonlyMap<string, readonly string[]>>;

/** Faster than any disk. */
const THREADS = 4;

interface Components {
  readonly find: FindFiles;
  /** What a copy proved wrong. */
  readonly drop?: DropRows;
  readonly log: Logger;
  /** Holds the bytes on their way; nothing outside could, as there is no line. */
  readonly throttle?: Throttle;
}

/**
 * This node's own storage, and what came of the same package: what is here already is copied, every byte verified as if it had come over a line
 * (BR-41 … BR-43).
 */
export class LocalTransport implements Transport<'local'> {
  readonly method = 'local';
  readonly #c: Components;
  readonly #memory = new UnitMemory();
  readonly #hasher = new UnitHasher(Math.min(THREADS, availableParallelism()));

  constructor(components: Components) {
    this.#c = components;
  }

  /** The hash table says what there is. */
  publish(): Promise<void> {
    return Promise.resolve();
  }

  withdraw(): Promise<void> {
    return Promise.resolve();
  }

  status(): Promise<PublishState> {
    return Promise.resolve({ state: 'available' });
  }

  /** Throws WRONG_BYTES or SOURCE_MISSING, both permanent, when some of it is not here after all; the rest is copied. */
  async fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const files = [...new Set(extents.map(({ file }) => file))].filter(file => !ledger.isFinished(file));
    if (files.length === 0) return;
    const found = await this.#c.find(
      new Map(files.map(file => [item.manifest.sha1(file), item.manifest.extent(file).length])),
    );
    const twins = Map.groupBy(
      item.task.filelist.filter(({ file }) => ledger.isFinished(file)),
      ({ hash, size }) => `${hash} ${size}`,
    );
    const placesOf = (file: string) => {
      const sha1 = item.manifest.sha1(file);
      const came = twins.get(`${sha1} ${item.manifest.size(file)}`) ?? [];
      return [...came.map(twin => item.stagedPath(twin.file)), ...(found.get(sha1) ?? [])];
    };
    const wasted = ledger.meters.local.wasted;
    const copies = new LocalCopies({ ...this.#c, hasher: this.#hasher, memory: this.#memory.share() }, item, ledger);
    await this.#hasher.during(() => copies.run(files, placesOf, signal));
    await ledger.flush();
    const [lost] = files.filter(file => !ledger.isFinished(file));
    if (lost === undefined) return;
    const isWrong = ledger.meters.local.wasted > wasted;
    throw new BftError(isWrong ? 'WRONG_BYTES' : 'SOURCE_MISSING', `${lost} of ${item.name} is not here after all`, {
      permanent: true,
    });
  }
}
