import type { Method } from '../../core/method.ts';
import type { Extent } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';
import type { ByteCap } from '../../transfer/byte-cap.ts';
import type { Ledger } from '../../transfer/ledger.ts';

/** Extents of one task that are to be fetched by one method. */
export interface FetchJob {
  readonly item: TransferItem;
  readonly method: Method;
  readonly extents: readonly Extent[];
  readonly ledger: Ledger;
  /** The address of a file right now. */
  readonly urlOf: (file: string) => string;
  /** The source refused that address (403). Resolves with true when `urlOf` gives another one now; only the refused range is then asked for again. */
  readonly renew?: (file: string, refused: string) => Promise<boolean>;
  /** What this method may still bring for the task. */
  readonly cap?: ByteCap;
  /** Resolves when these bytes, which have come, may be taken; nothing more of their connection is read meanwhile, and its source slows down. */
  readonly throttle?: (bytes: number, signal: AbortSignal) => Promise<void>;
}
