import bencode from 'bencode';

/** What a torrent is made of. `pieces`: 20 bytes each. */
export interface TorrentParts {
  readonly name: string;
  readonly pieceLength: number;
  readonly pieces: Uint8Array;
  readonly files: readonly { path: string; size: number }[];
  /** The torrent of a single file has no directory of its own (BN-014). */
  readonly type?: 'dir' | 'file';
  readonly tracker: string;
}

/** Encodes a .torrent (BEP 3). The bytes depend on nothing but the parts, so the same package gives the same infohash. */
export function buildTorrent({ name, pieceLength, pieces, files, type, tracker }: TorrentParts): Uint8Array {
  const content =
    type === 'file'
      ? { length: files[0]?.size }
      : { files: files.map(({ path, size }) => ({ length: size, path: path.split('/') })) };
  const info = {
    ...content,
    name,
    'piece length': pieceLength,
    pieces,
  };
  return bencode.encode(tracker === '' ? { info } : { announce: tracker, 'created by': 'bftv2', info });
}

const MIN_PIECE = 256 * 1024;
const MAX_PIECE = 16 * 1024 * 1024;
const MAX_PIECES = 50_000;

/** The smallest power of two that keeps a torrent under about 1 MB: 256 KiB to 12 GB, 4 MiB at 200 GB. */
export function choosePieceLength(size: number): number {
  let pieceLength = MIN_PIECE;
  while (size / pieceLength > MAX_PIECES && pieceLength < MAX_PIECE) pieceLength *= 2;
  return pieceLength;
}
