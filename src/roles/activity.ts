import type { BftError } from '../core/errors.ts';
import type { TransferItem } from '../transfer/item.ts';

/** What a role does about a task that left the queue. */
export interface Activity {
  /** Of its last try that failed. */
  readonly failure: BftError | undefined;
  /** Nothing is tried any more until it comes anew or the daemon restarts (decision 15). */
  readonly hasGivenUp: boolean;
  /** When it is tried again, ms since the epoch; undefined while it is tried. */
  readonly nextTry: number | undefined;
  /** It goes on when a place is free. */
  readonly isWaiting: boolean;
  /** While it is worked on. */
  readonly item: TransferItem | undefined;
  /** All is here and verified: it is put together. */
  readonly isPlacing: boolean;
}
