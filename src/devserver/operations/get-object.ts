import { parseRange } from '../byte-range.ts';
import type { Call, Handler } from '../exchange.ts';
import { headersToServe } from '../object-headers.ts';
import { refusal } from '../obs-error.ts';
import { isNotModified } from '../preconditions.ts';
import type { ObjectRecord } from '../storage/records.ts';

function find({ store, target }: Call): ObjectRecord {
  const record = store.bucket(target.bucket).objects.get(target.key);
  if (record === undefined) throw refusal('NoSuchKey');
  return record;
}

/** GET /bucket/key: the whole object, or one range of it with 206. */
export const getObject: Handler = async call => {
  const record = find(call);
  if (isNotModified(call.headers, record.etag)) return { status: 304, headers: { etag: `"${record.etag}"` } };
  const range = parseRange(call.headers.range, record.size);
  const { start, end } = range ?? { start: 0, end: record.size };
  const chunks = call.store.bucket(call.target.bucket).blobs.read(record.blobs, { start, end });
  const headers = headersToServe(record, call.dialect, call.target.query);
  const body = { size: end - start, chunks };
  if (range === undefined) return { status: 200, headers, body };
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${record.size}` }, body };
};

/** HEAD /bucket/key: what GET would say about the whole object. */
export const headObject: Handler = async call => {
  const record = find(call);
  if (isNotModified(call.headers, record.etag)) return { status: 304, headers: { etag: `"${record.etag}"` } };
  const headers = headersToServe(record, call.dialect, call.target.query);
  return { status: 200, headers: { ...headers, 'content-length': String(record.size) } };
};
