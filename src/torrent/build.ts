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

/** Of the configuration: lengths in bytes, powers of two, the first not above the second. */
export interface PieceLimits {
  readonly minpiecelength: number;
  readonly maxpiecelength: number;
  readonly maxpieces: number;
}

/** The smallest power of two that keeps a torrent of `size` bytes under about 1 MB, 20 bytes a piece; by default 256 KiB to 12 GB, 4 MiB at 200 GB. */
export function choosePieceLength(size: number, { minpiecelength, maxpiecelength, maxpieces }: PieceLimits): number {
  let pieceLength = minpiecelength;
  while (size / pieceLength > maxpieces && pieceLength < maxpiecelength) pieceLength *= 2;
  return pieceLength;
}

/** That of the `-tmp` torrent: the full one's, so that pieces of both need hashing once, unless a foreign maker's is none that we would choose. */
export function chooseShareLength(size: number, full: number, limits: PieceLimits): number {
  const isOurs = full >= limits.minpiecelength && full <= limits.maxpiecelength && size / full <= limits.maxpieces;
  return isOurs ? full : choosePieceLength(size, limits);
}
