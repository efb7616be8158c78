import type { Piece, Wire } from 'webtorrent';
import type { PieceBuffers } from './piece-buffers.ts';

const BLOCK = 16 * 1024;

/**
 * A piece that is being fetched: who sent which block of it, and what it came to. The blocks are put together as they come, in shared memory; what
 * they came in is free at once.
 */
export class Draft {
  readonly piece: Piece;
  readonly #buffers: PieceBuffers;
  readonly #senders: Wire[] = [];
  #memory: Uint8Array<SharedArrayBuffer> | undefined;

  constructor(piece: Piece, buffers: PieceBuffers) {
    this.piece = piece;
    this.#buffers = buffers;
    const set = piece.set.bind(piece);
    piece.set = (block, bytes, sender) => set(block, this.#put(block, bytes, sender), sender);
    piece.flush = () => {
      // It takes no more blocks.
      piece._flushed = true;
      piece._buffer = null;
      return this.bytes ?? null;
    };
  }

  /** All its bytes, once they are there. */
  get bytes(): Uint8Array | undefined {
    return this.piece._flushed ? this.#memory : undefined;
  }

  /** Its bytes are not used any more. */
  release(): void {
    if (this.#memory) this.#buffers.giveBack(this.#memory);
    this.#memory = undefined;
  }

  /** The block where it stays. One that is there already is not replaced. */
  #put(block: number, bytes: Uint8Array, sender: Wire): Uint8Array {
    if (this.piece.get(block) !== undefined) return bytes;
    this.#senders[block] = sender;
    this.#memory ??= this.#buffers.take(this.piece.length);
    this.#memory.set(bytes, block * BLOCK);
    return this.#memory.subarray(block * BLOCK, block * BLOCK + bytes.length);
  }

  get senders(): Wire[] {
    return [...new Set(this.#senders)];
  }

  /** Those who sent blocks that are not as in the right bytes. */
  liars(right: Uint8Array): Wire[] {
    const mine = this.bytes;
    if (!mine) return [];
    const isWrong = (block: number) => {
      const end = Math.min((block + 1) * BLOCK, right.length);
      return Buffer.compare(mine.subarray(block * BLOCK, end), right.subarray(block * BLOCK, end)) !== 0;
    };
    return [...new Set(this.#senders.filter((_, block) => isWrong(block)))];
  }
}
