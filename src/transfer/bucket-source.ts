import type { ObsKeys } from '../task/task-file.ts';

/** A package in a bucket: where, and with which keys if others than the node's own. `name` is the package's. */
export interface BucketPlace {
  readonly name: string;
  readonly url: string;
  readonly keys: ObsKeys | undefined;
}

export interface SourceFile {
  readonly file: string;
  readonly size: number;
  /** When the object was last put there (ms); what is fetched of it gets this time. */
  readonly mtimeMs: number;
}

type Stamp = Pick<SourceFile, 'size' | 'mtimeMs'>;

/** True when a file still has its size and its time. A time that was set comes back a little inexact. */
export function isSame(found: Stamp | undefined, { size, mtimeMs }: Stamp): boolean {
  return found?.size === size && Math.abs(found.mtimeMs - mtimeMs) < 1;
}

/** `files`: relative to the package, checked names, in key order; of type file: the one, under the package's name. */
export interface SourceListing {
  readonly type: 'dir' | 'file';
  readonly files: readonly SourceFile[];
}

/**
 * Packages as they lie in a bucket (BN-007). Like a transport, an adapter makes one try: errors are BftErrors that say whether time may heal them,
 * and the signal is the only stop.
 */
export interface BucketSource {
  /** Throws SOURCE_MISSING when nothing is there, NAME_UNSAFE for names that could not be files here. */
  list(place: BucketPlace, signal: AbortSignal): Promise<SourceListing>;
  /** Yields exactly the bytes [offset, offset + length) of a listed file; a chunk is good until the next one is asked for. */
  read(
    place: BucketPlace,
    listing: Pick<SourceListing, 'type'>,
    file: Omit<SourceFile, 'mtimeMs'>,
    range: { readonly offset: number; readonly length: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}
