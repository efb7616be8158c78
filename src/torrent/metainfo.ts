/** A file of a torrent, in torrent order. `path` is relative to the package, with `/`. `offset` is its start in the torrent's byte row. */
export interface MetainfoFile {
  readonly path: string;
  readonly length: number;
  readonly offset: number;
}

/** A parsed and validated torrent. */
export interface Metainfo {
  /** SHA-1 of the bencoded info dictionary, 40 lower-case hex digits. */
  readonly infoHash: string;
  readonly name: string;
  /** A torrent of a single file lists that file under the torrent's name. */
  readonly type: 'dir' | 'file';
  readonly pieceLength: number;
  /** 20 bytes per piece. */
  readonly pieces: Uint8Array;
  readonly length: number;
  readonly files: readonly MetainfoFile[];
  readonly announce: readonly string[];
}
