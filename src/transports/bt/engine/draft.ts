import type { Piece, Wire } from 'webtorrent';

const BLOCK = 16 * 1024;

/** A piece that is being fetched: who sent which block of it, and what it came to. */
export class Draft {
  readonly piece: Piece;
  readonly #senders: Wire[] = [];
  #bytes: Uint8Array | undefined;

  constructor(piece: Piece) {
    this.piece = piece;
    const set = piece.set.bind(piece);
    const flush = piece.flush.bind(piece);
    piece.set = (block, bytes, sender) => {
      this.#senders[block] ??= sender;
      return set(block, bytes, sender);
    };
    piece.flush = () => {
      const bytes = flush();
      this.#bytes = bytes ?? undefined;
      return bytes;
    };
  }

  /** All its bytes, once they are there. */
  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  get senders(): Wire[] {
    return [...new Set(this.#senders)];
  }

  /** Those who sent blocks that are not as in the right bytes. */
  liars(right: Uint8Array): Wire[] {
    const mine = this.#bytes;
    if (!mine) return [];
    const isWrong = (block: number) => {
      const end = Math.min((block + 1) * BLOCK, right.length);
      return Buffer.compare(mine.subarray(block * BLOCK, end), right.subarray(block * BLOCK, end)) !== 0;
    };
    return [...new Set(this.#senders.filter((_, block) => isWrong(block)))];
  }
}
