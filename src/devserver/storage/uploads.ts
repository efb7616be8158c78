import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '../../core/errors.ts';
import { removeDurable, syncDirectory, writeDurable } from '../../disk/durable.ts';
import { compareKeys } from './key-order.ts';
import { type PartRecord, readPart, readUpload, type UploadRecord } from './records.ts';

const UPLOAD_FILE = 'upload.json';
const PART_FILE = /^\d+\.json$/;

export interface Upload extends UploadRecord {
  readonly parts: ReadonlyMap<number, PartRecord>;
}

type OpenUpload = UploadRecord & { readonly parts: Map<number, PartRecord> };

/** The unfinished multipart uploads of a bucket: a directory each, with a record for the upload and one per part. */
export class Uploads {
  readonly #directory: string;
  readonly #uploads = new Map<string, OpenUpload>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A directory without its upload record is one whose beginning or removal was interrupted: it goes. */
  async load(): Promise<void> {
    for (const id of await readdir(this.#directory)) {
      const upload = await this.#read(id);
      if (upload === undefined) await rm(join(this.#directory, id), { recursive: true, force: true });
      else this.#uploads.set(id, upload);
    }
  }

  get(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  /** By key, then by id. */
  sorted(): Upload[] {
    return [...this.#uploads.values()].sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.id, b.id));
  }

  async add(record: UploadRecord): Promise<void> {
    await mkdir(join(this.#directory, record.id));
    await writeDurable(join(this.#directory, record.id, UPLOAD_FILE), JSON.stringify(record));
    await syncDirectory(this.#directory);
    this.#uploads.set(record.id, { ...record, parts: new Map() });
  }

  async putPart(id: string, part: PartRecord): Promise<void> {
    await writeDurable(join(this.#directory, id, `${part.number}.json`), JSON.stringify(part));
    this.#uploads.get(id)?.parts.set(part.number, part);
  }

  /** The upload record goes first: without it `load` takes the rest for rubbish. */
  async remove(id: string): Promise<void> {
    this.#uploads.delete(id);
    await removeDurable(join(this.#directory, id, UPLOAD_FILE));
    await rm(join(this.#directory, id), { recursive: true, force: true });
  }

  async #read(id: string): Promise<OpenUpload | undefined> {
    const directory = join(this.#directory, id);
    try {
      const record = await readUpload(join(directory, UPLOAD_FILE));
      const names = (await readdir(directory)).filter(name => PART_FILE.test(name));
      const parts = await Promise.all(names.map(name => readPart(join(directory, name))));
      return { ...record, parts: new Map(parts.map(part => [part.number, part])) };
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}
