import { type Handler, xmlReply } from '../exchange.ts';
import { compareKeys } from '../storage/key-order.ts';
import type { Upload } from '../storage/uploads.ts';
import { countOf } from '../target.ts';
import { leaf, tree } from '../xml.ts';

const MAX_UPLOADS = 1000;

function uploadElement({ key, id, initiated }: Upload): string {
  const facts = [leaf('UploadId', id), leaf('StorageClass', 'STANDARD'), leaf('Initiated', initiated)];
  return tree('Upload', leaf('Key', key), ...facts);
}

/** Without an id marker the key marker's own uploads are passed over, with one those up to that id. */
function isAfter(upload: Upload, keyMarker: string, idMarker: string): boolean {
  const order = compareKeys(upload.key, keyMarker);
  return order > 0 || (order === 0 && idMarker !== '' && compareKeys(upload.id, idMarker) > 0);
}

/** GET /bucket?uploads: the unfinished uploads by key and id, at most 1000 a page. */
export const listMultipartUploads: Handler = async ({ store, target: { bucket, query } }) => {
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const maxUploads = Math.min(countOf(query, 'max-uploads', MAX_UPLOADS), MAX_UPLOADS);
  const rest = store
    .bucket(bucket)
    .uploads.sorted()
    .filter(upload => upload.key.startsWith(prefix) && isAfter(upload, keyMarker, idMarker));
  const page = rest.slice(0, maxUploads);
  const last = page.at(-1);
  return xmlReply(
    tree(
      'ListMultipartUploadsResult',
      leaf('Bucket', bucket),
      leaf('Prefix', prefix),
      leaf('KeyMarker', keyMarker),
      leaf('UploadIdMarker', idMarker),
      ...(last === undefined ? [] : [leaf('NextKeyMarker', last.key), leaf('NextUploadIdMarker', last.id)]),
      leaf('MaxUploads', maxUploads),
      leaf('IsTruncated', rest.length > page.length),
      ...page.map(uploadElement),
    ),
  );
};
