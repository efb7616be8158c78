import { open } from 'node:fs/promises';
import { asBftError } from '../core/errors.ts';
import type { HashPool } from '../torrent/hash-pool.ts';
import type { Extent } from '../torrent/manifest.ts';

const BLOCK = 1024 * 1024;

/** Reads pieces block by block and has them hashed on the pool's threads. Memory is one block for each of `atOnce` pieces. */
export class PieceReader {
  readonly #pool: HashPool;
  readonly #at: (file: string) => string;
  readonly #free: SharedArrayBuffer[];

  constructor(pool: HashPool, at: (file: string) => string, atOnce: number) {
    this.#pool = pool;
    this.#at = at;
    this.#free = Array.from({ length: atOnce }, () => new SharedArrayBuffer(BLOCK));
  }

  /** SHA-1 of the extents in a row, or nothing when a file ends before. Throws SOURCE_UNREADABLE. */
  async sha1(piece: number, extents: readonly Extent[]): Promise<Uint8Array | undefined> {
    const block = this.#free.pop();
    if (!block) throw new Error('more pieces at once than this reader was made for');
    try {
      return await this.#hash(`piece:${piece}`, extents.flatMap(cut), block);
    } finally {
      this.#free.push(block);
    }
  }

  async #hash(stream: string, parts: readonly Extent[], block: SharedArrayBuffer): Promise<Uint8Array | undefined> {
    for (const [index, part] of parts.entries()) {
      const isThere = await this.#fill(part, new Uint8Array(block, 0, part.length));
      const close = !isThere || index === parts.length - 1;
      const closed = await this.#pool.hash(block, [{ stream, start: 0, end: part.length, close }]);
      if (close) return isThere ? closed.get(stream) : undefined;
    }
    return undefined;
  }

  async #fill({ file, offset }: Extent, into: Uint8Array): Promise<boolean> {
    try {
      await using handle = await open(this.#at(file), 'r');
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) return false;
        done += bytesRead;
      }
      return true;
    } catch (error) {
      throw asBftError(error, 'SOURCE_UNREADABLE', `reading ${this.#at(file)}`);
    }
  }
}

function cut({ file, offset, length }: Extent): Extent[] {
  const count = Math.ceil(length / BLOCK);
  return Array.from({ length: count }, (_, index) => ({
    file,
    offset: offset + index * BLOCK,
    length: Math.min(BLOCK, length - index * BLOCK),
  }));
}
