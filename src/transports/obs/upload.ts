import { lstat } from 'node:fs/promises';
import { BftError } from '../../core/errors.ts';
import { fileStamp } from './file-stamp.ts';
import { discardObject } from './leftovers.ts';
import { type Multipart, uploadParts } from './multipart.ts';
import { changed, unreadable } from './part-reader.ts';
import { partSizeOf } from './part-size.ts';
import { isUploaded, type UploadFile } from './uploaded.ts';

/** `partSize` is as configured. */
export type Upload = Omit<Multipart, 'stamp'>;

/**
 * Uploads one file unless the bucket has it already (same size, our SHA-1): also when it was killed after the bucket had put the parts together (faults.md
 * 31). Resolves when the bucket shows the object as it should be.
 */
export async function uploadFile(upload: Upload, signal: AbortSignal): Promise<void> {
  const { bucket, file, directory, healing, clock, onBytes } = upload;
  const stamp = await stampOf(file);
  const partSize = partSizeOf(file.size, upload.partSize);
  const isThere = await healing.run(bucket.shown(file.key), signal, () => isUploaded(bucket, file, signal));
  if (!isThere && file.size > partSize) return await uploadParts({ ...upload, partSize, stamp }, signal);
  // Parts that an earlier run left are of no use now, whatever it took the size of a part to be.
  await discardObject({ bucket, key: file.key, directory, now: clock.now() }, signal);
  if (isThere) onBytes(file.size);
  else await uploadWhole({ ...upload, stamp }, signal);
}

async function uploadWhole({ bucket, file, stamp, sender, onBytes }: Multipart, signal: AbortSignal): Promise<void> {
  const { key, path, size, sha1 } = file;
  const part = { path, offset: 0, size, stamp };
  await sender.send(bucket.shown(key), part, md5 => bucket.signedObject(key, md5, sha1), signal);
  onBytes(size);
}

async function stampOf({ path, size }: UploadFile): Promise<string> {
  const stats = await lstat(path, { bigint: true }).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!stats.isFile()) throw new BftError('SOURCE_REFUSED', `${path} is no regular file`);
  if (stats.size !== BigInt(size)) throw changed(path);
  return fileStamp(stats);
}
