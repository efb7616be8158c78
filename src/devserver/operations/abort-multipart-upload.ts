import type { Handler } from '../exchange.ts';

/** DELETE /bucket/key?uploadId: the upload and its parts are gone; one that is already gone is NoSuchUpload. */
export const abortMultipartUpload: Handler = async ({ store, target }) => {
  await store.bucket(target.bucket).abort(target.query.get('uploadId') ?? '', target.key);
  return { status: 204 };
};
