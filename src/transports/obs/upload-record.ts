import { createHash } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { notThere } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { type Validation, validator } from '../../core/validate.ts';
import { makeDirectory, removeDurable, writeDurable } from '../../disk/durable.ts';
import { MAX_PARTS } from './part-size.ts';

const checkBeginning = validator(
  Type.Object({
    bucket: Type.String(),
    key: Type.String(),
    upload: Type.String({ minLength: 1 }),
    partSize: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    /** Of the whole file, as the task says. */
    sha1: Type.String(),
    /** What the file was when the upload began. */
    stamp: Type.String(),
  }),
);
const checkPart = validator(
  Type.Object({ part: Type.Integer({ minimum: 1, maximum: MAX_PARTS }), etag: Type.String() }),
);

/** A multipart upload that was begun. */
export interface BegunUpload {
  readonly bucket: string;
  readonly key: string;
  readonly upload: string;
  readonly partSize: number;
  readonly sha1: string;
  readonly stamp: string;
}

/**
 * What is known of an unfinished multipart upload: how it began, then a line per part that the bucket has acknowledged. It holds no keys. A torn
 * line is a part that the bucket is asked for.
 */
export class UploadRecord {
  readonly begun: BegunUpload;
  /** By part number. */
  readonly etags: Map<number, string>;
  readonly #path: string;
  /** Lines are written one after the other. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, begun: BegunUpload, etags = new Map<number, string>()) {
    this.#path = path;
    this.begun = begun;
    this.etags = etags;
  }

  static async begin(directory: string, begun: BegunUpload): Promise<UploadRecord> {
    const record = new UploadRecord(pathOf(directory, begun), begun);
    await makeDirectory(directory);
    await writeDurable(record.#path, JSON.stringify(begun), 0o600);
    return record;
  }

  /** The record of a key; undefined when there is none that can be read. */
  static find(directory: string, place: { bucket: string; key: string }): Promise<UploadRecord | undefined> {
    return read(pathOf(directory, place));
  }

  static async all(directory: string): Promise<UploadRecord[]> {
    const names = ((await readdir(directory).catch(notThere)) ?? []).filter(name => name.endsWith(SUFFIX));
    const records = await Promise.all(names.map(name => read(join(directory, name))));
    return records.filter(record => record !== undefined);
  }

  /** The bucket has acknowledged a part. Durable when it resolves. */
  async add(part: number, etag: string): Promise<void> {
    this.etags.set(part, etag);
    const writing = this.#writing.then(() => append(this.#path, `\n${JSON.stringify({ part, etag })}`));
    this.#writing = writing.catch(() => {});
    await writing;
  }

  async remove(): Promise<void> {
    await this.#writing;
    await removeDurable(this.#path);
  }

  static parse(path: string, text: string): UploadRecord | undefined {
    const [first = '', ...lines] = text.split('\n');
    const begun = checked(checkBeginning, first);
    if (!begun) return undefined;
    const parts = lines.map(line => checked(checkPart, line)).filter(part => part !== undefined);
    return new UploadRecord(path, begun, new Map(parts.map(({ part, etag }) => [part, etag])));
  }
}

const SUFFIX = '.upload';

/** Keys may be longer than names of files. */
function pathOf(directory: string, { bucket, key }: { bucket: string; key: string }): string {
  return join(directory, `${createHash('sha1').update(`${bucket}/${key}`).digest('hex')}${SUFFIX}`);
}

async function read(path: string): Promise<UploadRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(notThere);
  return text === undefined ? undefined : UploadRecord.parse(path, text);
}

async function append(path: string, line: string): Promise<void> {
  const handle = await open(path, 'a');
  try {
    await handle.appendFile(line);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Undefined for what is torn or damaged. */
function checked<T>(check: (value: unknown) => Validation<T>, line: string): T | undefined {
  try {
    const result = check(parseJson(line));
    return 'value' in result ? result.value : undefined;
  } catch {
    return undefined;
  }
}
