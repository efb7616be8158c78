import { randomBytes } from 'node:crypto';
import { type Handler, xmlReply } from '../exchange.ts';
import { headersToStore } from '../object-headers.ts';
import { leaf, tree } from '../xml.ts';

/** POST /bucket/key?uploads: headers and metadata of the later object are given here, not at its completion. */
export const initiateMultipartUpload: Handler = async ({ store, target, headers, now }) => {
  const id = randomBytes(16).toString('hex').toUpperCase();
  const initiated = new Date(now).toISOString();
  await store.bucket(target.bucket).uploads.add({ id, key: target.key, initiated, ...headersToStore(headers) });
  const answer = [leaf('Bucket', target.bucket), leaf('Key', target.key), leaf('UploadId', id)];
  return xmlReply(tree('InitiateMultipartUploadResult', ...answer));
};
