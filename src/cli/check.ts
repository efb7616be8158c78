import type { Stats } from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { asBftError, BftError, notThere } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import { HashPool } from '../torrent/hash-pool.ts';
import type { Metainfo, MetainfoFile } from '../torrent/metainfo.ts';
import { MAX_TORRENT_BYTES, parseTorrent } from '../torrent/parse.ts';
import { PieceMap } from '../torrent/piece-map.ts';
import { PieceReader } from './piece-reader.ts';

const PIECES_IN_FLIGHT = 4;

type Place = (file: string) => string;

export interface Verdict {
  readonly total: number;
  /** Pieces whose bytes are all there and right. */
  readonly right: number;
  /** What is wrong with a file at first sight: missing, another size, not a regular file. */
  readonly faults: readonly string[];
}

/**
 * Holds a package against its torrent (T-010, T-012, BF-22). `path` is the package's directory or, for a torrent of one file, that file or
 * the directory it lies in. Memory is a few blocks, whatever the size. Errors: TORRENT_MISSING, TORRENT_INVALID, SOURCE_MISSING, SOURCE_UNREADABLE.
 */
export async function checkPackage(torrent: string, path: string): Promise<Verdict> {
  const metainfo = await readTorrent(torrent);
  const at = await locate(metainfo, path);
  const faults = new Map<string, string>();
  const absent = new Set<string>();
  for (const file of metainfo.files) {
    const info = await lstat(at(file.path)).catch(notThere);
    if (!info?.isFile()) absent.add(file.path);
    const fault = faultOf(file, info);
    if (fault !== undefined) faults.set(file.path, fault);
  }
  return {
    total: metainfo.pieces.length / 20,
    right: await countRight(metainfo, absent, at),
    faults: [...faults.values()],
  };
}

/** ctorrent's line (T-010). The percentage is truncated: 100% means complete. */
export function verdictLine({ right, total }: Verdict): string {
  return `Already/Total: ${right}/${total} (${Math.floor((right / total) * 100)}%)`;
}

export const isComplete = ({ right, total, faults }: Verdict): boolean => right === total && faults.length === 0;

async function readTorrent(path: string): Promise<Metainfo> {
  try {
    const { size } = await stat(path);
    if (size > MAX_TORRENT_BYTES)
      throw new BftError('TORRENT_INVALID', `${path} is larger than ${MAX_TORRENT_BYTES} bytes`);
    return parseTorrent(await readFile(path), path);
  } catch (error) {
    throw asBftError(error, 'TORRENT_MISSING', `reading ${path}`);
  }
}

async function locate({ files, name }: Metainfo, path: string): Promise<Place> {
  const info = await stat(path).catch(notThere);
  if (!info) throw new BftError('SOURCE_MISSING', `${path} is not there`);
  const isTheFile = info.isFile() && files.length === 1 && files[0]?.path === name;
  return file => (isTheFile ? path : join(path, file));
}

function faultOf({ path, length }: MetainfoFile, info: Stats | undefined): string | undefined {
  if (!info) return `${path} is missing`;
  if (!info.isFile()) return `${path} is not a regular file`;
  return info.size === length ? undefined : `${path} has ${info.size} bytes, not ${length}`;
}

/** Several pieces are read at once; what is not a regular file is never opened (a pipe would wait for ever). */
async function countRight(metainfo: Metainfo, absent: ReadonlySet<string>, at: Place): Promise<number> {
  const map = new PieceMap(metainfo);
  const pool = new HashPool(Math.min(PIECES_IN_FLIGHT, availableParallelism()));
  const reader = new PieceReader(pool, at, PIECES_IN_FLIGHT);
  const pieces = Array.from({ length: map.count }, (_, piece) => piece);
  let right = 0;
  try {
    await inParallel(pieces, PIECES_IN_FLIGHT, new AbortController().signal, async piece => {
      const extents = map.extents(piece);
      if (extents.some(({ file }) => absent.has(file))) return;
      const sha1 = await reader.sha1(piece, extents);
      if (sha1 && Buffer.compare(sha1, metainfo.pieces.subarray(piece * 20, piece * 20 + 20)) === 0) right += 1;
    });
    return right;
  } finally {
    await pool.close();
  }
}
