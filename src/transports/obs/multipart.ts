import type { Clock } from '../../core/clock.ts';
import { asBftError, BftError, type ErrorCode } from '../../core/errors.ts';
import { inParallel } from '../../core/parallel.ts';
import type { Bucket, ListedPart, UnfinishedUpload } from './bucket.ts';
import type { Healing } from './healing.ts';
import { clearLeftovers, discardUpload } from './leftovers.ts';
import type { PartSender } from './part-sender.ts';
import { UploadIntent } from './upload-intent.ts';
import { UploadRecord } from './upload-record.ts';
import { isUploaded, type UploadFile } from './uploaded.ts';

/** What a stopped upload may still take to learn its id: less than a second, as the port promises. */
const GRACE_MS = 400;
/** Failures after which no part is of any use. */
const USELESS: readonly (ErrorCode | undefined)[] = ['SOURCE_CHANGED', 'UPLOAD_LOST', 'OBS_PART_SIZE'];

export interface Multipart {
  readonly bucket: Bucket;
  readonly sender: PartSender;
  readonly healing: Healing;
  readonly file: UploadFile;
  /** What the file is now. */
  readonly stamp: string;
  /** Where the record of the upload lies. */
  readonly directory: string;
  /** Bytes per part. */
  readonly partSize: number;
  readonly connections: number;
  readonly clock: Clock;
  /** Gets the bytes of each part that is in the bucket; negative for those that it has lost. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Uploads a file in parts. What the bucket has of them already, from before a stop or a kill, is not sent again. On abort or failure the parts stay, for
 * the next time. When the bucket loses them the upload begins anew, once: a bucket that does it again would have the whole file sent for ever.
 */
export async function uploadParts(upload: Multipart, signal: AbortSignal): Promise<void> {
  try {
    await uploadOnce(upload, signal);
  } catch (error) {
    if (codeOf(error) !== 'UPLOAD_LOST') throw error;
    await uploadOnce(upload, signal);
  }
}

async function uploadOnce(upload: Multipart, signal: AbortSignal): Promise<void> {
  const { bucket, file, healing } = upload;
  const { record, listed } = await healing.run(bucket.shown(file.key), signal, async () => {
    const resumed = await resume(upload, signal);
    const others = await clearLeftovers(placeOf(upload), resumed?.record.begun.upload, signal);
    return resumed ?? { record: await begin(upload, others, signal), listed: new Map<number, ListedPart>() };
  });
  let there = 0;
  const onBytes = (bytes: number) => {
    there += bytes;
    upload.onBytes(bytes);
  };
  try {
    await sendParts({ ...upload, onBytes }, record, listed, signal);
    await complete(upload, record, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!USELESS.includes(codeOf(error))) throw error;
    await discardUpload(bucket, record, signal);
    upload.onBytes(-there);
    throw error;
  }
  await record.remove();
}

const codeOf = (error: unknown): ErrorCode | undefined => (error instanceof BftError ? error.code : undefined);

const placeOf = ({ bucket, file, directory, clock }: Multipart) => ({
  bucket,
  key: file.key,
  directory,
  now: clock.now(),
});

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
  { bucket, file, stamp, directory, partSize, clock }: Multipart,
  others: readonly UnfinishedUpload[],
  signal: AbortSignal,
): Promise<UploadRecord> {
  const place = { bucket: bucket.name, key: file.key };
  const before = others.map(({ upload }) => upload);
  const intent = await UploadIntent.note(directory, { ...place, at: clock.now(), others: before });
  // Stopped at once, it would more often leave an upload whose id nobody knows.
  const upload = await withGrace(signal, late => bucket.beginParts(file.key, file.sha1, late));
  const record = await UploadRecord.begin(directory, { ...place, upload, partSize, sha1: file.sha1, stamp });
  await intent.remove();
  return record;
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
