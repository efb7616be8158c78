import { open } from 'node:fs/promises';
import { Type } from 'typebox';
import { validator } from '../../core/validate.ts';
import { makeDirectory, removeDurable, writeDurable } from '../../disk/durable.ts';
import { MAX_PARTS } from './part-size.ts';
import { type ObjectPlace, parseLine, readRecord, recordPath, recordPaths } from './record-files.ts';

const SUFFIX = '.upload';

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
export interface BegunUpload extends ObjectPlace {
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
    const record = new UploadRecord(recordPath(directory, begun, SUFFIX), begun);
    await makeDirectory(directory);
    await writeDurable(record.#path, JSON.stringify(begun), 0o600);
    return record;
  }

  /** The record of a key; undefined when there is none that can be read. */
  static find(directory: string, place: ObjectPlace): Promise<UploadRecord | undefined> {
    return read(recordPath(directory, place, SUFFIX));
  }

  static async all(directory: string): Promise<UploadRecord[]> {
    const records = await Promise.all((await recordPaths(directory, SUFFIX)).map(read));
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
    const begun = parseLine(checkBeginning, first);
    if (!begun) return undefined;
    const parts = lines.map(line => parseLine(checkPart, line)).filter(part => part !== undefined);
    return new UploadRecord(path, begun, new Map(parts.map(({ part, etag }) => [part, etag])));
  }
}

async function read(path: string): Promise<UploadRecord | undefined> {
  const text = await readRecord(path);
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
