import type { Method, Source } from '../core/method.ts';
import type { Extent } from '../torrent/manifest.ts';
import type { Ledger } from './ledger.ts';
import type { TransferItem } from './item.ts';

/** How far a sender's share of one method is. */
export type PublishState =
  | { readonly state: 'available' }
  | { readonly state: 'unavailable'; readonly reason: string }
  /** Being uploaded; bytes in the bucket and to be there. */
  | { readonly state: 'uploading'; readonly bytes: number; readonly total: number };

/**
 * One way for bytes to travel. An adapter makes one try and is dumb: retry, limits, windows and metering wrap it.
 *
 * - Errors are BftErrors. `permanent` ones are refusals (404, wrong task); the others may heal with time.
 * - The signal is the only stop: on abort a call keeps what is verified, lets go of files and connections, and rejects with the signal's
 *   reason within a second. It can be called again from there.
 * - All calls are idempotent per item; `withdraw` of something unknown does nothing.
 */
export interface Transport<From extends Source = Method> {
  readonly method: From;
  /** Makes the item's share available from `item.packagePath`. Resolves when receivers can get it; goes on serving until `withdraw`. */
  publish(item: TransferItem, signal: AbortSignal): Promise<void>;
  /** Stops serving and fetching the item; resolves when its files are no longer open. What was uploaded stays. */
  withdraw(item: TransferItem): Promise<void>;
  /**
   * Brings the extents into `item.stagedPath(file)`, verified by `item.manifest`, and tells `ledger` of every verified unit and finished
   * file. What the ledger has is not fetched. Never writes outside the extents. Resolves when all are finished (bt goes on serving them).
   */
  fetch(item: TransferItem, extents: readonly Extent[], ledger: Ledger, signal: AbortSignal): Promise<void>;
  status(item: TransferItem): Promise<PublishState>;
}
