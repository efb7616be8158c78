import type { Call } from '../exchange.ts';
import { refusal } from '../obs-error.ts';
import type { WrittenBlob } from '../storage/blobs.ts';
import type { Bucket } from '../storage/bucket.ts';

const MAX_BODY_BYTES = 5 * 1024 ** 3;

/** Stores the body of a PUT. Copying (x-*-copy-source) has no body and is refused rather than taken for an empty object. */
export async function receiveBody(bucket: Bucket, { headers, body, dialect }: Call): Promise<WrittenBlob> {
  if (headers[`x-${dialect}-copy-source`] !== undefined) throw refusal('NotImplemented', 'This server does not copy');
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw refusal('EntityTooLarge');
  const md5 = headers['content-md5'];
  return bucket.blobs.write(body, typeof md5 === 'string' ? md5 : undefined);
}
