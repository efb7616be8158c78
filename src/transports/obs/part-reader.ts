import { Worker } from 'node:worker_threads';
import { BftError, errno } from '../../core/errors.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { PartMemory } from './part-memory.ts';
import { PART_MEMORY_BYTES } from './part-size.ts';
import type { ReadJob, ReadResult } from './part-thread.ts';

export interface FilePart {
  readonly path: string;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** What the file was when its upload began. */
  readonly stamp: string;
}

export interface ReadPart {
  readonly bytes: Uint8Array;
  /** Of the bytes. */
  readonly md5: Buffer;
}

type Waiting = PromiseWithResolvers<Extract<ReadResult, { md5: Uint8Array }>>;

/** Reads parts of files for uploads: each byte once, hashed on the way, off the event loop, in memory that is bounded over all uploads. */
export class PartReader {
  readonly #memory = new PartMemory(PART_MEMORY_BYTES);
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #jobs = 0;

  /**
   * Lends the bytes of a part to `work`, which must not touch them after it has settled. Throws SOURCE_CHANGED when the file is no longer the one of the stamp, SOURCE_MISSING, SOURCE_UNREADABLE.
   */
  async use<T>(part: FilePart, signal: AbortSignal, work: (read: ReadPart) => Promise<T>): Promise<T> {
    const memory = await this.#memory.take(part.size, signal);
    const reading = this.#read(part, memory);
    try {
      const { read, md5, stamp } = await unlessAborted(reading, signal);
      if (read < part.size || stamp !== part.stamp) throw changed(part.path);
      return await work({ bytes: new Uint8Array(memory), md5: Buffer.from(md5) });
    } finally {
      // A read that was stopped goes on for a moment.
      const give = () => this.#memory.give(memory);
      reading.then(give, give);
    }
  }

  async #read({ path, offset }: FilePart, memory: SharedArrayBuffer) {
    const id = this.#jobs++;
    const waiting: Waiting = Promise.withResolvers();
    this.#waiting.set(id, waiting);
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage({ id, path, offset, memory } satisfies ReadJob);
    return await waiting.promise.catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
  }

  #start(): Worker {
    const thread = new Worker(new URL('part-thread.ts', import.meta.url));
    thread.on('message', (result: ReadResult) => {
      const waiting = this.#waiting.get(result.id);
      this.#waiting.delete(result.id);
      // It keeps the process alive only while somebody waits for it.
      if (this.#waiting.size === 0) thread.unref();
      if ('failure' in result) waiting?.reject(Object.assign(new Error(result.failure), { code: result.code }));
      else waiting?.resolve(result);
    });
    thread.once('error', error => this.#fail(error));
    return thread;
  }

  #fail(error: unknown): void {
    this.#thread = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

export const changed = (path: string): BftError =>
  new BftError('SOURCE_CHANGED', `${path} changed while it was uploaded; what was uploaded of it is not used`);

export function unreadable(path: string, cause: unknown): BftError {
  const code = errno(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new BftError('SOURCE_MISSING', `${path} is gone`, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BftError('SOURCE_UNREADABLE', `${path} cannot be read: ${why}`, { cause });
}
