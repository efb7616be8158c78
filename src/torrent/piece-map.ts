import type { Extent } from './manifest.ts';
import type { Metainfo, MetainfoFile } from './metainfo.ts';

/** Which bytes of which files a piece holds, found without walking the whole file list. */
export class PieceMap {
  readonly #metainfo: Metainfo;
  /** Without the empty files: they have no bytes in any piece. */
  readonly #files: readonly MetainfoFile[];

  constructor(metainfo: Metainfo) {
    this.#metainfo = metainfo;
    this.#files = metainfo.files.filter(({ length }) => length > 0);
  }

  get count(): number {
    return this.#metainfo.pieces.length / 20;
  }

  /** The extents that the piece is made of, in order. */
  extents(piece: number): Extent[] {
    const { pieceLength, length } = this.#metainfo;
    const start = piece * pieceLength;
    const end = Math.min(start + pieceLength, length);
    const extents: Extent[] = [];
    for (let i = this.#fileAt(start); i < this.#files.length; i++) {
      const file = this.#files[i];
      if (!file || file.offset >= end) break;
      const from = Math.max(start, file.offset);
      const to = Math.min(end, file.offset + file.length);
      extents.push({ file: file.path, offset: from - file.offset, length: to - from });
    }
    return extents;
  }

  /** First and last piece of a file that is not empty. */
  span({ offset, length }: MetainfoFile): readonly [first: number, last: number] {
    const { pieceLength } = this.#metainfo;
    return [Math.floor(offset / pieceLength), Math.floor((offset + length - 1) / pieceLength)];
  }

  /** Index of the file that holds the byte at `offset`. */
  #fileAt(offset: number): number {
    let low = 0;
    let high = this.#files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#files[middle]?.offset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
