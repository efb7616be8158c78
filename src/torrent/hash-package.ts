import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { inParallel } from '../core/parallel.ts';
import type { PackageFile } from '../disk/walk.ts';
import { HashPool } from './hash-pool.ts';
import { pieceRow, type Row, RowCursor, spanRow } from './hash-steps.ts';
import { PackageReader } from './package-reader.ts';
import { samePieces } from './same-pieces.ts';

/** Bytes per block: few messages per second, and still in a core's cache when it is hashed. */
const BLOCK = 2 * 1024 * 1024;
const BLOCKS_IN_FLIGHT = 6;
const EMPTY_SHA1 = createHash('sha1').digest('hex');

export interface HashRequest {
  /** Absolute path of the package. */
  readonly root: string;
  /** In torrent order. */
  readonly files: readonly PackageFile[];
  readonly pieceLength: number;
  /** The files of the `-tmp` torrent (bt's share), or none. */
  readonly btFiles: ReadonlySet<string> | undefined;
  readonly btPieceLength: number;
  /** SHA-1, hex, by path, of files that are known to be what they were when they were hashed: they are read for the pieces only. */
  readonly known: ReadonlyMap<string, string>;
  /** Threads; 0 means one per core. */
  readonly workers: number;
}

export interface PackageHashes {
  /** SHA-1 per file, hex, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly pieces: Uint8Array;
  readonly btPieces: Uint8Array;
}

/** The streams of bytes that are hashed. */
interface Rows {
  readonly pieces: Row;
  readonly files: Row;
  readonly bt: Row;
  /** Pieces of the `-tmp` torrent that the full one has, too: their hash is known then. */
  readonly same: ReadonlyMap<number, number>;
}

/**
 * Reads a package once, front to back, and yields the SHA-1 of every file, the pieces of the full torrent and those of the `-tmp` torrent.
 * Reading is asynchronous and ahead of the threads that hash; memory is a few blocks. `onProgress` gets the bytes read so far.
 * Errors: SOURCE_CHANGED when a file is not what it was when it was listed, SOURCE_UNREADABLE, or the signal's reason.
 */
export async function hashPackage(
  request: HashRequest,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<PackageHashes> {
  const pool = new HashPool(request.workers || availableParallelism());
  const reader = new PackageReader(request.root, request.files, signal);
  try {
    const rows = rowsOf(request);
    const digests = await run(reader, pool, rows, signal, onProgress);
    await reader.checkUnchanged();
    return collect(request, rows, digests);
  } finally {
    await reader.close();
    await pool.close();
  }
}

type Digests = Map<string, Uint8Array>;

/** Several blocks are read at once; they are given to the threads in order, and filled again when all that is in them is hashed. */
async function run(
  reader: PackageReader,
  pool: HashPool,
  { pieces, files, bt }: Rows,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Digests> {
  const cursors = [pieces, files, bt].map(row => new RowCursor(row));
  const digests: Digests = new Map();
  const blocks = Array.from({ length: BLOCKS_IN_FLIGHT }, () => new SharedArrayBuffer(BLOCK));
  let next = 0;
  let turn: Promise<unknown> = Promise.resolve();
  await inParallel(blocks, BLOCKS_IN_FLIGHT, signal, async (block, stop) => {
    while (next < reader.size) {
      stop.throwIfAborted();
      const start = next;
      const end = Math.min(start + BLOCK, reader.size);
      next = end;
      const steps = cursors.flatMap(cursor => cursor.steps(start, end));
      turn = Promise.all([reader.read(start, new Uint8Array(block, 0, end - start)), turn]);
      // The next block's turn hears of this one after us.
      await turn;
      const hashed = pool.hash(block, steps);
      onProgress(end);
      for (const [stream, sha1] of await hashed) digests.set(stream, sha1);
    }
  });
  return digests;
}

function rowsOf({ files, pieceLength, btFiles, btPieceLength, known }: HashRequest): Rows {
  let offset = 0;
  const spans = nonEmpty(files).map(({ path, size }) => {
    const span = { path, start: offset, end: offset + size };
    offset += size;
    return span;
  });
  const btSpans = spans.filter(({ path }) => btFiles?.has(path));
  const same = pieceLength === btPieceLength ? samePieces(btSpans, pieceLength, offset) : new Map<number, number>();
  return {
    pieces: pieceRow('piece', spans, pieceLength),
    files: { ...spanRow('file', spans), isKnown: index => known.has(spans[index]?.path ?? '') },
    bt: { ...pieceRow('bt', btSpans, btPieceLength), isKnown: piece => same.has(piece) },
    same,
  };
}

const nonEmpty = (files: readonly PackageFile[]) => files.filter(({ size }) => size > 0);

function collect({ files, known }: HashRequest, { same }: Rows, digests: Digests): PackageHashes {
  const hashes = new Map(files.map(({ path }) => [path, EMPTY_SHA1]));
  for (const [index, { path }] of nonEmpty(files).entries()) {
    hashes.set(path, known.get(path) ?? Buffer.from(digests.get(`file:${index}`) ?? []).toString('hex'));
  }
  return {
    files: hashes,
    pieces: join(index => digests.get(`piece:${index}`)),
    btPieces: join(index => digests.get(`bt:${index}`) ?? digests.get(`piece:${same.get(index)}`)),
  };
}

function join(digest: (index: number) => Uint8Array | undefined): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let sha1 = digest(0); sha1; sha1 = digest(pieces.length)) pieces.push(sha1);
  return Buffer.concat(pieces);
}
