import { readFile } from 'node:fs/promises';
import { asBftError, BftError } from '../../../core/errors.ts';
import { scanBencode } from '../../../torrent/bencode-scan.ts';
import type { Metainfo } from '../../../torrent/metainfo.ts';
import { parseTorrent } from '../../../torrent/parse.ts';
import { Bitfield } from '../bitfield.ts';
import type { EngineTorrent } from '../protocol.ts';

/** A torrent that the engine was given, read and checked. */
export interface TorrentInput {
  readonly metainfo: Metainfo;
  /** The .torrent with its info alone: what else it names (trackers, web seeds) was not checked. */
  readonly bytes: Uint8Array;
  /** Trackers that may be asked. */
  readonly announce: readonly string[];
  /** Where each file is, in torrent order. */
  readonly paths: readonly string[];
  readonly have: Bitfield;
  /** Pieces that were written and have to be hashed before they count as had. */
  readonly unconfirmed: Bitfield;
  /** Pieces that are not to be fetched. */
  readonly unwanted: Bitfield;
}

/** Throws TORRENT_MISSING, TORRENT_INVALID or TORRENT_MISMATCH. */
export async function readInput(torrent: EngineTorrent): Promise<TorrentInput> {
  const { infoHash, torrentPath, files, have, unconfirmed, unwanted, announce } = torrent;
  const bytes = await readFile(torrentPath).catch((error: unknown) => {
    throw asBftError(error, 'TORRENT_MISSING', torrentPath);
  });
  const metainfo = parseTorrent(bytes, torrentPath);
  if (metainfo.infoHash !== infoHash || metainfo.files.length !== files.length) {
    throw new BftError('TORRENT_MISMATCH', `${torrentPath} is not the torrent ${infoHash} of ${files.length} files`);
  }
  const count = metainfo.pieces.length / 20;
  const optional = (bits: string | undefined) =>
    bits === undefined ? new Bitfield(count) : Bitfield.parse(bits, count);
  return {
    metainfo,
    bytes: infoAlone(bytes),
    announce: metainfo.announce.filter(url => announce?.includes(url) ?? true),
    paths: files,
    have: Bitfield.parse(have, count),
    unconfirmed: optional(unconfirmed),
    unwanted: optional(unwanted),
  };
}

function infoAlone(torrent: Uint8Array): Uint8Array {
  const info = torrent.subarray(...(scanBencode(torrent).get('info') ?? [0, 0]));
  return Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]);
}

export function lengthOfPiece({ length, pieceLength }: Metainfo, piece: number): number {
  return Math.min(pieceLength, length - piece * pieceLength);
}
