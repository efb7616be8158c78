import type { ListedFile } from '../task/task-file.ts';
import type { Metainfo } from './metainfo.ts';
import { PieceMap } from './piece-map.ts';

/** Bytes [offset, offset + length) of a file: the currency of all transports. */
export interface Extent {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** The smallest extent that is fetched and verified as one. Without `sha1` its piece has bytes of other files: `borders` checks it later. */
export interface Unit extends Extent {
  readonly sha1?: string;
}

/** A piece that spans several files and has to be checked when all its parts are there. */
export interface Border {
  readonly sha1: string;
  readonly parts: readonly Extent[];
}

const UNBOUND_UNIT = 4 * 1024 * 1024;
/** Files up to this many pieces are checked whole, by their own SHA-1. */
const WHOLE_PIECES = 2;

/**
 * What every byte of a package must hash to: the full torrent's pieces, or the file list's SHA-1 for small files. Without a torrent (an
 * original sender's cannot be had) large files have no units to check by; they must be hashed whole before they count (decision 20).
 */
export class Manifest {
  readonly #files: ReadonlyMap<string, ListedFile>;
  readonly #metainfo: Metainfo | undefined;
  readonly #offsets: ReadonlyMap<string, number>;

  constructor(files: readonly ListedFile[], metainfo: Metainfo | undefined) {
    this.#files = new Map(files.map(file => [file.file, file]));
    this.#metainfo = metainfo;
    this.#offsets = new Map(metainfo?.files.map(({ path, offset }) => [path, offset]));
  }

  /** The whole file as an extent. */
  extent(file: string): Extent {
    return { file, offset: 0, length: this.#listed(file).size };
  }

  /** Bytes; undefined for what is not of the package. */
  size(file: string): number | undefined {
    return this.#files.get(file)?.size;
  }

  sha1(file: string): string {
    return this.#listed(file).hash;
  }

  /** The units of a file, in order and without gaps. An empty file has none. */
  units(file: string): Unit[] {
    const { size, hash } = this.#listed(file);
    if (size === 0) return [];
    if (this.isCheckedWhole(file)) return [{ file, offset: 0, length: size, sha1: hash }];
    const start = this.#offsets.get(file);
    if (!this.#metainfo || start === undefined) return cut(file, size, 0, UNBOUND_UNIT);
    const { pieceLength, length } = this.#metainfo;
    return cut(file, size, start, pieceLength).map(unit => {
      const from = start + unit.offset;
      const isPiece = from % pieceLength === 0 && (unit.length === pieceLength || from + unit.length === length);
      return isPiece ? { ...unit, sha1: this.#pieceHash(from / pieceLength) } : unit;
    });
  }

  /** The pieces that no single file's unit checks, with the extents they are made of. */
  borders(): Border[] {
    const metainfo = this.#metainfo;
    if (!metainfo) return [];
    const pieces = new Set<number>();
    for (const { path, offset } of metainfo.files) {
      for (const unit of this.units(path)) {
        if (unit.sha1 === undefined) pieces.add(Math.floor((offset + unit.offset) / metainfo.pieceLength));
      }
    }
    const map = new PieceMap(metainfo);
    return [...pieces].map(piece => ({ sha1: this.#pieceHash(piece), parts: map.extents(piece) }));
  }

  /** Small files are checked by their own SHA-1. */
  isCheckedWhole(file: string): boolean {
    return this.#listed(file).size <= WHOLE_PIECES * (this.#metainfo?.pieceLength ?? UNBOUND_UNIT);
  }

  #pieceHash(piece: number): string {
    return Buffer.from(this.#metainfo?.pieces.subarray(piece * 20, piece * 20 + 20) ?? []).toString('hex');
  }

  #listed(file: string): ListedFile {
    const listed = this.#files.get(file);
    if (!listed) throw new Error(`${file} is not in the file list`);
    return listed;
  }
}

/** Cuts a file at the multiples of `unit`, counted from `start` bytes before the file. */
function cut(file: string, size: number, start: number, unit: number): Unit[] {
  const units: Unit[] = [];
  for (let offset = 0; offset < size; ) {
    const length = Math.min(unit - ((start + offset) % unit), size - offset);
    units.push({ file, offset, length });
    offset += length;
  }
  return units;
}
