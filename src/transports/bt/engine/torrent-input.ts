import { readFile } from 'node:fs/promises';
import { asBftError, BftError } from '../../../core/errors.ts';
import type { Metainfo } from '../../../torrent/metainfo.ts';
import { parseTorrent } from '../../../torrent/parse.ts';
import { Bitfield } from '../bitfield.ts';
import type { EngineTorrent } from '../protocol.ts';

/** A torrent that the engine was given, read and checked. */
export interface TorrentInput {
  readonly metainfo: Metainfo;
  /** The .torrent as it lies on disk. */
  readonly bytes: Uint8Array;
  /** Where each file is, in torrent order. */
  readonly paths: readonly string[];
  readonly have: Bitfield;
  /** Pieces that were written and have to be hashed before they count as had. */
  readonly unconfirmed: Bitfield;
}

/** Throws TORRENT_MISSING, TORRENT_INVALID or TORRENT_MISMATCH. */
export async function readInput(torrent: EngineTorrent): Promise<TorrentInput> {
  const { infoHash, torrentPath, files, have, unconfirmed } = torrent;
  const bytes = await readFile(torrentPath).catch((error: unknown) => {
    throw asBftError(error, 'TORRENT_MISSING', torrentPath);
  });
  const metainfo = parseTorrent(bytes, torrentPath);
  if (metainfo.infoHash !== infoHash || metainfo.files.length !== files.length) {
    throw new BftError('TORRENT_MISMATCH', `${torrentPath} is not the torrent ${infoHash} of ${files.length} files`);
  }
  const count = metainfo.pieces.length / 20;
  return {
    metainfo,
    bytes,
    paths: files,
    have: Bitfield.parse(have, count),
    unconfirmed: unconfirmed === undefined ? new Bitfield(count) : Bitfield.parse(unconfirmed, count),
  };
}

export function lengthOfPiece({ length, pieceLength }: Metainfo, piece: number): number {
  return Math.min(pieceLength, length - piece * pieceLength);
}
