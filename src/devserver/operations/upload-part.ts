import type { Handler } from '../exchange.ts';
import { refusal } from '../obs-error.ts';
import { countOf } from '../target.ts';
import { receiveBody } from './receive-body.ts';

const MAX_PART_NUMBER = 10_000;

/** PUT /bucket/key?partNumber&uploadId: numbers 1 to 10,000 in any order; the same number again replaces the part. */
export const uploadPart: Handler = async call => {
  const { store, target, now } = call;
  const bucket = store.bucket(target.bucket);
  const { id } = bucket.upload(target.query.get('uploadId') ?? '', target.key);
  const number = countOf(target.query, 'partNumber', 0);
  if (number < 1 || number > MAX_PART_NUMBER) {
    throw refusal('InvalidArgument', `partNumber must be a whole number from 1 to ${MAX_PART_NUMBER}`);
  }
  const { blob, md5 } = await receiveBody(bucket, call);
  await bucket.storePart(id, { number, etag: md5, modified: new Date(now).toISOString(), blob });
  return { status: 200, headers: { etag: `"${md5}"` } };
};
