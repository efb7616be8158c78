import { createHash } from 'node:crypto';
import { type NamedPart, parseCompleteBody } from '../complete-body.ts';
import { type Handler, xmlReply } from '../exchange.ts';
import { refusal } from '../obs-error.ts';
import { readText } from '../read-text.ts';
import type { ObjectRecord, PartRecord } from '../storage/records.ts';
import type { Upload } from '../storage/uploads.ts';
import { leaf, tree } from '../xml.ts';

/** OBS: parts are 100 KB to 5 GB; only the last one may be smaller. */
const MIN_PART_BYTES = 100 * 1024;

function pick(upload: Upload, named: readonly NamedPart[]): PartRecord[] {
  if (named.some((part, index) => part.number <= (named[index - 1]?.number ?? 0))) throw refusal('InvalidPartOrder');
  return named.map(({ number, etag }) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag) throw refusal('InvalidPart');
    return part;
  });
}

/** As S3 does it: the MD5 of the parts' MD5s, and how many there are. */
function multipartEtag(parts: readonly PartRecord[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${parts.length}`;
}

function assemble(upload: Upload, named: readonly NamedPart[], now: number): ObjectRecord {
  const parts = pick(upload, named);
  if (parts.slice(0, -1).some(part => part.blob.size < MIN_PART_BYTES)) throw refusal('EntityTooSmall');
  return {
    key: upload.key,
    etag: multipartEtag(parts),
    size: parts.reduce((sum, part) => sum + part.blob.size, 0),
    modified: new Date(now).toISOString(),
    headers: upload.headers,
    meta: upload.meta,
    blobs: parts.map(part => part.blob),
    uploadId: upload.id,
  };
}

/** POST /bucket/key?uploadId: the named parts become the object; the others are discarded and the upload is gone. */
export const completeMultipartUpload: Handler = async ({ store, target, body, now }) => {
  const { bucket: name, key, query } = target;
  const bucket = store.bucket(name);
  const { id } = bucket.upload(query.get('uploadId') ?? '', key);
  const named = parseCompleteBody(await readText(body));
  const record = await bucket.complete(id, key, upload => assemble(upload, named, now));
  const answer = [leaf('Location', `/${name}/${key}`), leaf('Bucket', name), leaf('Key', key)];
  return xmlReply(tree('CompleteMultipartUploadResult', ...answer, leaf('ETag', `"${record.etag}"`)));
};
