import { asBftError, BftError } from '../../core/errors.ts';
import { inParallel } from '../../core/parallel.ts';
import type { Bucket, ListedPart } from './bucket.ts';
import type { Healing } from './healing.ts';
import type { PartSender } from './part-sender.ts';
import { partSizeOf } from './part-size.ts';
import { UploadRecord } from './upload-record.ts';
import { isUploaded, type UploadFile } from './uploaded.ts';

/** What a stopped upload may still take to learn its id: less than a second, as the port promises. */
const GRACE_MS = 400;
/** The bucket does not know the upload, or not those parts. */
const LOST: readonly number[] = [400, 404];

export interface Multipart {
  readonly bucket: Bucket;
  readonly sender: PartSender;
  readonly healing: Healing;
  readonly file: UploadFile;
  /** What the file is now. */
  readonly stamp: string;
  /** Where the record of the upload lies. */
  readonly directory: string;
  /** Bytes per part, as configured. */
  readonly partSize: number;
  readonly connections: number;
  /** Gets the bytes of each part that is in the bucket. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Uploads a file in parts. What the bucket has of them already, from before a stop or a kill, is not sent again. On abort or failure the parts stay, for
 * the next time; `discardUpload` removes them.
 */
export async function uploadParts(upload: Multipart, signal: AbortSignal): Promise<void> {
  const { bucket, file, healing } = upload;
  const { record, listed } = await healing.run(bucket.shown(file.key), signal, async () => {
    const resumed = await resume(upload, signal);
    await abortOthers(bucket, file.key, resumed?.record.begun.upload, signal);
    return resumed ?? { record: await begin(upload, signal), listed: new Map<number, ListedPart>() };
  });
  try {
    await sendParts(upload, record, listed, signal);
    await complete(upload, record, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BftError)) throw error;
    if (error.code === 'SOURCE_CHANGED') await discardUpload(bucket, record, signal);
    if (!LOST.includes(error.answered) || error.code !== 'OBS_REFUSED') throw error;
    await discardUpload(bucket, record, signal);
    throw new BftError('OBS_REFUSED', `${error.message}; the upload begins anew`, { cause: error, permanent: false });
  }
  await record.remove();
}

/** The upload that was begun before, if it is of this very content and the bucket knows it. */
async function resume({ bucket, file, stamp, directory }: Multipart, signal: AbortSignal) {
  const record = await UploadRecord.find(directory, { bucket: bucket.name, key: file.key });
  if (!record) return undefined;
  const isSame = record.begun.sha1 === file.sha1 && record.begun.stamp === stamp;
  const listed = isSame ? await bucket.listParts(file.key, record.begun.upload, signal) : undefined;
  if (listed) return { record, listed };
  await discardUpload(bucket, record, signal);
  return undefined;
}

async function begin(
  { bucket, file, stamp, directory, partSize }: Multipart,
  signal: AbortSignal,
): Promise<UploadRecord> {
  // Stopped at once, it could leave an upload whose id nobody knows.
  const upload = await withGrace(signal, late => bucket.beginParts(file.key, file.sha1, late));
  const size = partSizeOf(file.size, partSize);
  const begun = { bucket: bucket.name, key: file.key, upload, partSize: size, sha1: file.sha1, stamp };
  return await UploadRecord.begin(directory, begun);
}

/** What a daemon left that died before it could note an upload. */
async function abortOthers(bucket: Bucket, key: string, own: string | undefined, signal: AbortSignal): Promise<void> {
  for (const other of await bucket.unfinishedUploads(key, signal))
    if (other.key === key && other.upload !== own) await bucket.abortParts(key, other.upload, signal);
}

/** Only the object itself tells: an answer may have got lost, and one of 200 may hold an error. */
async function complete(
  { bucket, file, healing }: Multipart,
  record: UploadRecord,
  signal: AbortSignal,
): Promise<void> {
  const { key, upload } = record.begun;
  const etags = [...record.etags].toSorted(([a], [b]) => a - b).map(([, etag]) => etag);
  await healing.run(bucket.shown(key), signal, async () => {
    const failure = await bucket.completeParts(key, upload, etags, signal).then(
      () => undefined,
      (error: unknown) => asBftError(error, 'SOURCE_UNREACHABLE', bucket.shown(key)),
    );
    signal.throwIfAborted();
    if (await isUploaded(bucket, file, signal)) return;
    const what = `${bucket.shown(key)}: the object is not of the size and hash of its file`;
    throw failure ?? new BftError('UPLOAD_DAMAGED', what, { permanent: false });
  });
}

/** Gives the parts up for good. */
export async function discardUpload(bucket: Bucket, record: UploadRecord, signal: AbortSignal): Promise<void> {
  const { key, upload } = record.begun;
  await bucket.abortParts(key, upload, signal);
  await record.remove();
}

async function sendParts(
  { bucket, sender, file, stamp, connections, onBytes }: Multipart,
  record: UploadRecord,
  listed: ReadonlyMap<number, ListedPart>,
  signal: AbortSignal,
): Promise<void> {
  const { upload, partSize } = record.begun;
  const count = Math.ceil(file.size / partSize);
  for (const number of record.etags.keys()) if (number > count) record.etags.delete(number);
  await inParallel(Array(count).keys(), connections, signal, async (index, stop) => {
    const number = index + 1;
    const offset = index * partSize;
    const size = Math.min(partSize, file.size - offset);
    const there = listed.get(number);
    const isThere = there?.size === size && there.etag === record.etags.get(number);
    if (!isThere) {
      const part = { path: file.path, offset, size, stamp };
      const known = there?.size === size ? there.etag : undefined;
      const what = `part ${number} of ${bucket.shown(file.key)}`;
      const etag = await sender.send(what, part, md5 => bucket.signedPart(file.key, upload, number, md5), stop, known);
      await record.add(number, etag);
    }
    onBytes(size);
  });
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
