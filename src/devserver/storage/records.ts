import { readFile } from 'node:fs/promises';
import { type Static, type TSchema, Type } from 'typebox';
import { parseJson } from '../../core/json.ts';
import { type Validation, validator } from '../../core/validate.ts';

const text = Type.String();
const bytes = Type.Integer({ minimum: 0 });
const words = Type.Record(Type.String(), Type.String());

/** Bytes on disk: a file in `blobs/` of its bucket. */
const Blob = Type.Object({ name: Type.String({ pattern: '^[0-9a-f]{32}$' }), size: bytes });

/** A finished object is a list of blobs, so that completing a multipart upload copies nothing. */
const StoredObject = Type.Object({
  key: text,
  etag: text,
  size: bytes,
  /** ISO 8601. */
  modified: text,
  headers: words,
  meta: words,
  blobs: Type.Array(Blob),
  /** The multipart upload it came from: says after a crash that the upload is done with. */
  uploadId: Type.Optional(text),
});

const Upload = Type.Object({ id: text, key: text, initiated: text, headers: words, meta: words });
const Part = Type.Object({ number: Type.Integer(), etag: text, modified: text, blob: Blob });
const BucketFacts = Type.Object({ created: text });

export type BlobRecord = Static<typeof Blob>;
export type ObjectRecord = Static<typeof StoredObject>;
export type UploadRecord = Static<typeof Upload>;
export type PartRecord = Static<typeof Part>;
export type BucketRecord = Static<typeof BucketFacts>;

function reader<S extends TSchema>(schema: S): (path: string) => Promise<Static<S>> {
  const check: (value: unknown) => Validation<Static<S>> = validator(schema);
  return async path => {
    const result = check(parseJson(await readFile(path, 'utf8')));
    if ('value' in result) return result.value;
    throw new Error(`${path}: ${result.problems.join('; ')}`);
  };
}

export const readObject = reader(StoredObject);
export const readUpload = reader(Upload);
export const readPart = reader(Part);
export const readBucket = reader(BucketFacts);
