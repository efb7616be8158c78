import type { Handler } from '../exchange.ts';
import { headersToStore } from '../object-headers.ts';
import { receiveBody } from './receive-body.ts';

/** PUT /bucket/key: the object is visible, complete and durable before the answer; its ETag is the MD5 of its bytes. */
export const putObject: Handler = async call => {
  const { store, target, headers, now } = call;
  const bucket = store.bucket(target.bucket);
  const { blob, md5 } = await receiveBody(bucket, call);
  const modified = new Date(now).toISOString();
  await bucket.store({
    key: target.key,
    etag: md5,
    size: blob.size,
    modified,
    ...headersToStore(headers),
    blobs: [blob],
  });
  return { status: 200, headers: { etag: `"${md5}"` } };
};
