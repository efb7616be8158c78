import { inParallel } from '../../core/parallel.ts';
import type { Bucket } from './bucket.ts';

const PARALLEL_PARTS = 3;
const MAX_PARTS = 10_000;
/** What a stopped upload may still take to learn its id, and again to clear up: less than a second together, as the port promises. */
const GRACE_MS = 400;

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

/** A failed or stopped upload leaves no parts behind, also not those of a daemon that died: they would never expire. */
async function uploadParts(
  bucket: Bucket,
  file: UploadFile,
  partSize: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  await abortUnfinished(bucket, file.key, signal);
  let upload: string | undefined;
  try {
    // Stopped at once, it could leave an upload whose id nobody knows.
    upload = await withGrace(signal, late => bucket.beginParts(file.key, file.sha1, late));
    const etags = await putParts(bucket, file, upload, partSize, signal, onBytes);
    await bucket.completeParts(file.key, upload, etags, signal);
  } catch (error) {
    const clearing = withGrace(signal, late =>
      upload === undefined ? abortUnfinished(bucket, file.key, late) : bucket.abortParts(file.key, upload, late),
    );
    // What cannot be cleared up now is when the file is uploaded again; the first error is what matters.
    await clearing.catch(() => {});
    throw error;
  }
}

async function abortUnfinished(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  for (const upload of await bucket.unfinishedUploads(key, signal)) await bucket.abortParts(key, upload, signal);
}

/** Resolves with the ETags of all parts. */
async function putParts(
  bucket: Bucket,
  file: UploadFile,
  upload: string,
  partSize: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string[]> {
  const size = Math.max(partSize, Math.ceil(file.size / MAX_PARTS));
  const etags: string[] = Array.from({ length: Math.ceil(file.size / size) }, () => '');
  await inParallel(etags.keys(), PARALLEL_PARTS, signal, async (index, stop) => {
    const offset = index * size;
    const part = { number: index + 1, path: file.path, offset, size: Math.min(size, file.size - offset) };
    etags[index] = await bucket.putPart(file.key, upload, part, stop);
    onBytes(part.size);
  });
  return etags;
}

/** Runs with a signal that aborts a little after `signal`. */
async function withGrace<T>(signal: AbortSignal, run: (late: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => late.abort(signal.reason), GRACE_MS);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  try {
    return await run(late.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', start);
  }
}
