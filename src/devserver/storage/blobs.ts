import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ByteRange } from '../byte-range.ts';
import { refusal } from '../obs-error.ts';
import { syncDirectory, TEMPORARY_SUFFIX } from '../../disk/durable.ts';
import type { BlobRecord } from './records.ts';

const CHUNK_BYTES = 1024 * 1024;

export interface WrittenBlob {
  readonly blob: BlobRecord;
  /** Hexadecimal, as ETags have it. */
  readonly md5: string;
}

function expectedDigest(contentMd5: string | undefined): Buffer | undefined {
  if (contentMd5 === undefined) return undefined;
  const digest = Buffer.from(contentMd5, 'base64');
  if (digest.length !== 16) throw refusal('InvalidDigest');
  return digest;
}

/** The bytes of a bucket, in files that are written once. Which of them count is the records' business. */
export class Blobs {
  readonly #directory: string;
  readonly #readers = new Map<string, number>();
  readonly #discarded = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes a body as it comes in. `contentMd5` is the Content-MD5 header; a blob that differs from it is refused and gone. */
  async write(body: AsyncIterable<Buffer>, contentMd5: string | undefined): Promise<WrittenBlob> {
    const expected = expectedDigest(contentMd5);
    const name = randomBytes(16).toString('hex');
    const temporary = this.#path(name) + TEMPORARY_SUFFIX;
    const hash = createHash('md5');
    let size = 0;
    async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    try {
      const file = createWriteStream(temporary, { flags: 'wx', highWaterMark: CHUNK_BYTES, flush: true });
      await pipeline(measured(body), file);
      const digest = hash.digest();
      if (expected !== undefined && !digest.equals(expected)) throw refusal('BadDigest');
      await rename(temporary, this.#path(name));
      await syncDirectory(this.#directory);
      return { blob: { name, size }, md5: digest.toString('hex') };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** The bytes of that range of the blobs, laid end to end. They stay readable until the end, even when discarded meanwhile. */
  async *read(blobs: readonly BlobRecord[], range: ByteRange): AsyncGenerator<Buffer> {
    this.#hold(blobs);
    try {
      let offset = 0;
      for (const { name, size } of blobs) {
        const start = Math.max(range.start - offset, 0);
        const end = Math.min(range.end - offset, size);
        offset += size;
        if (start >= end) continue;
        const file = createReadStream(this.#path(name), { start, end: end - 1, highWaterMark: CHUNK_BYTES });
        yield* file as AsyncIterable<Buffer>;
      }
    } finally {
      await this.#release(blobs);
    }
  }

  /** Removes blobs that no record names any more, at once or when their last reader is done. */
  async discard(blobs: readonly BlobRecord[]): Promise<void> {
    for (const { name } of blobs) {
      if (this.#readers.has(name)) this.#discarded.add(name);
      else await rm(this.#path(name), { force: true });
    }
  }

  /** Removes what a killed server left: unfinished files, and blobs that were written but never recorded. */
  async sweep(recorded: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (!recorded.has(name)) await rm(this.#path(name), { force: true });
    }
  }

  #hold(blobs: readonly BlobRecord[]): void {
    for (const { name } of blobs) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
  }

  async #release(blobs: readonly BlobRecord[]): Promise<void> {
    for (const { name } of blobs) {
      const others = (this.#readers.get(name) ?? 1) - 1;
      if (others > 0) this.#readers.set(name, others);
      else {
        this.#readers.delete(name);
        if (this.#discarded.delete(name)) await rm(this.#path(name), { force: true });
      }
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}
