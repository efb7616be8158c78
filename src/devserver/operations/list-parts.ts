import { type Handler, xmlReply } from '../exchange.ts';
import type { PartRecord } from '../storage/records.ts';
import { countOf } from '../target.ts';
import { leaf, tree } from '../xml.ts';

const MAX_PARTS = 1000;

function partElement({ number, modified, etag, blob }: PartRecord): string {
  const facts = [leaf('LastModified', modified), leaf('ETag', `"${etag}"`), leaf('Size', blob.size)];
  return tree('Part', leaf('PartNumber', number), ...facts);
}

/** GET /bucket/key?uploadId: the parts after `part-number-marker` by number, at most 1000 a page. */
export const listParts: Handler = async ({ store, target: { bucket, key, query } }) => {
  const upload = store.bucket(bucket).upload(query.get('uploadId') ?? '', key);
  const marker = countOf(query, 'part-number-marker', 0);
  const maxParts = Math.min(countOf(query, 'max-parts', MAX_PARTS), MAX_PARTS);
  const rest = [...upload.parts.values()].filter(part => part.number > marker).sort((a, b) => a.number - b.number);
  const page = rest.slice(0, maxParts);
  return xmlReply(
    tree(
      'ListPartsResult',
      leaf('Bucket', bucket),
      leaf('Key', key),
      leaf('UploadId', upload.id),
      leaf('StorageClass', 'STANDARD'),
      leaf('PartNumberMarker', marker),
      leaf('NextPartNumberMarker', page.at(-1)?.number ?? 0),
      leaf('MaxParts', maxParts),
      leaf('IsTruncated', rest.length > page.length),
      ...page.map(partElement),
    ),
  );
};
