import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../obs-error.ts';
import { Blobs } from './blobs.ts';
import { KeyedLock } from '../../core/keyed-lock.ts';
import { Objects } from './objects.ts';
import type { BlobRecord, BucketRecord, ObjectRecord, PartRecord } from './records.ts';
import { type Upload, Uploads } from './uploads.ts';

/** Objects, unfinished uploads and their bytes. Changes of one key or upload happen one after the other. */
export class Bucket {
  readonly name: string;
  readonly created: string;
  readonly blobs: Blobs;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly #lock = new KeyedLock();

  private constructor(name: string, { created }: BucketRecord, directory: string) {
    this.name = name;
    this.created = created;
    this.blobs = new Blobs(join(directory, 'blobs'));
    this.objects = new Objects(join(directory, 'objects'));
    this.uploads = new Uploads(join(directory, 'uploads'));
  }

  /** Opens the bucket in a directory, after a clean stop or a kill -9 alike; an empty directory is an empty bucket. */
  static async open(name: string, record: BucketRecord, directory: string): Promise<Bucket> {
    for (const part of ['blobs', 'objects', 'uploads']) await mkdir(join(directory, part), { recursive: true });
    const bucket = new Bucket(name, record, directory);
    await bucket.objects.load();
    await bucket.uploads.load();
    await bucket.#recover();
    return bucket;
  }

  /** The upload with that id for that key; refuses when there is none (any more). */
  upload(id: string, key: string): Upload {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== key) throw refusal('NoSuchUpload');
    return upload;
  }

  /** Makes an object visible; what was under its key before is gone with the same step. */
  async store(record: ObjectRecord): Promise<void> {
    const replaced = await this.#lock.run(`object ${record.key}`, async () => {
      const before = this.objects.get(record.key);
      await this.objects.put(record);
      return before?.blobs ?? [];
    });
    await this.blobs.discard(replaced);
  }

  async delete(key: string): Promise<void> {
    const removed = await this.#lock.run(`object ${key}`, async () => {
      const before = this.objects.get(key);
      if (before !== undefined) await this.objects.delete(key);
      return before?.blobs ?? [];
    });
    await this.blobs.discard(removed);
  }

  /** Adds or replaces a part. Its blob is discarded when the upload was completed or aborted in the meantime. */
  async storePart(id: string, part: PartRecord): Promise<void> {
    const unused = await this.#lock.run(`upload ${id}`, async () => {
      const upload = this.uploads.get(id);
      if (upload === undefined) return part.blob;
      const before = upload.parts.get(part.number);
      await this.uploads.putPart(id, part);
      return before?.blob;
    });
    if (unused !== undefined) await this.blobs.discard([unused]);
    if (unused === part.blob) throw refusal('NoSuchUpload');
  }

  /** Turns an upload into the object that `assemble` makes of it. Parts that the object does not use are discarded. */
  async complete(id: string, key: string, assemble: (upload: Upload) => ObjectRecord): Promise<ObjectRecord> {
    return this.#lock.run(`upload ${id}`, async () => {
      const upload = this.upload(id, key);
      const record = assemble(upload);
      await this.store(record);
      await this.uploads.remove(id);
      const used = new Set(record.blobs.map(blob => blob.name));
      await this.blobs.discard(blobsOf(upload).filter(blob => !used.has(blob.name)));
      return record;
    });
  }

  async abort(id: string, key: string): Promise<void> {
    await this.#lock.run(`upload ${id}`, async () => {
      const upload = this.upload(id, key);
      await this.uploads.remove(id);
      await this.blobs.discard(blobsOf(upload));
    });
  }

  /** A kill between an object's record and the removal of its upload leaves both; the object counts. */
  async #recover(): Promise<void> {
    const objects = this.objects.sorted();
    for (const { uploadId } of objects) {
      if (uploadId !== undefined && this.uploads.get(uploadId) !== undefined) await this.uploads.remove(uploadId);
    }
    const recorded = [...objects.flatMap(object => object.blobs), ...this.uploads.sorted().flatMap(blobsOf)];
    await this.blobs.sweep(new Set(recorded.map(blob => blob.name)));
  }
}

function blobsOf(upload: Upload): BlobRecord[] {
  return [...upload.parts.values()].map(part => part.blob);
}
