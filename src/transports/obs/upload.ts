import type { Bucket } from './bucket.ts';

const PARALLEL_PARTS = 3;
const MAX_PARTS = 10_000;

export interface UploadFile {
  readonly key: string;
  readonly path: string;
  readonly size: number;
  readonly sha1: string;
}

/** Uploads one file unless the bucket has it already (same size, our SHA-1). `onBytes` gets the bytes as they arrive there. */
export async function uploadFile(
  bucket: Bucket,
  file: UploadFile,
  partSize: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const there = await bucket.head(file.key, signal);
  if (there?.size !== file.size || there.sha1 !== file.sha1) {
    if (file.size > partSize) return await uploadParts(bucket, file, partSize, signal, onBytes);
    await bucket.put(file.key, file.path, file.size, file.sha1, signal);
  }
  onBytes(file.size);
}

/** A failed or stopped upload leaves no parts behind: it is aborted in the bucket. */
async function uploadParts(
  bucket: Bucket,
  file: UploadFile,
  partSize: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const size = Math.max(partSize, Math.ceil(file.size / MAX_PARTS));
  const count = Math.ceil(file.size / size);
  const etags: string[] = Array.from({ length: count }, () => '');
  const upload = await bucket.beginParts(file.key, file.sha1, signal);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const offset = index * size;
      const part = { number: index + 1, path: file.path, offset, size: Math.min(size, file.size - offset) };
      etags[index] = await bucket.putPart(file.key, upload, part, stop);
      onBytes(part.size);
    }
  };
  const workers = Array.from({ length: PARALLEL_PARTS }, () => worker());
  try {
    await Promise.all(workers);
    await bucket.completeParts(file.key, upload, etags, signal);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(workers);
    await bucket.abortParts(file.key, upload);
    throw error;
  }
}
