import type { Bucket, UnfinishedUpload } from './bucket.ts';
import { UploadIntent } from './upload-intent.ts';
import { UploadRecord } from './upload-record.ts';

/** Buckets keep and bill parts for ever; a sender that has not finished an object within a week does not go on with it, or begins it anew. */
const ABANDONED_MS = 7 * 24 * 3_600_000;

export interface Leftovers {
  readonly bucket: Bucket;
  readonly key: string;
  /** Where what this node knows of its uploads lies. */
  readonly directory: string;
  /** Wall clock, ms. */
  readonly now: number;
}

/**
 * Aborts unfinished uploads of an object that nobody goes on with: the one that this node began without learning its id, and those older than a
 * week. Resolves with those that stay: `own`, which goes on, and what another sender may be at.
 */
export async function clearLeftovers(
  { bucket, key, directory, now }: Leftovers,
  own: string | undefined,
  signal: AbortSignal,
): Promise<UnfinishedUpload[]> {
  const uploads = (await bucket.unfinishedUploads(key, signal)).filter(upload => upload.key === key);
  const intent = await UploadIntent.find(directory, { bucket: bucket.name, key });
  const unnoted = intent?.begunAmong(uploads);
  const stay: UnfinishedUpload[] = [];
  for (const each of uploads) {
    const isLeft = each.upload === unnoted || now - each.initiatedMs > ABANDONED_MS;
    if (isLeft && each.upload !== own) await bucket.abortParts(key, each.upload, signal);
    else stay.push(each);
  }
  await intent?.remove();
  return stay;
}

/** Gives the parts of an upload up for good. */
export async function discardUpload(bucket: Bucket, record: UploadRecord, signal: AbortSignal): Promise<void> {
  const { key, upload } = record.begun;
  await bucket.abortParts(key, upload, signal);
  await record.remove();
}

/** Gives up all that this node began of an object. Asks the bucket nothing when there is nothing. */
export async function discardObject(leftovers: Leftovers, signal: AbortSignal): Promise<void> {
  const { bucket, key, directory } = leftovers;
  const record = await UploadRecord.find(directory, { bucket: bucket.name, key });
  if (record) await discardUpload(bucket, record, signal);
  if (await UploadIntent.find(directory, { bucket: bucket.name, key }))
    await clearLeftovers(leftovers, undefined, signal);
}
