import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { PackageFile } from '../disk/walk.ts';
import { HashPool } from './hash-pool.ts';
import { pieceRow, type Row, RowCursor, spanRow } from './hash-steps.ts';
import { PackageReader } from './package-reader.ts';

const MIN_BLOCK = 1024 * 1024;
const BLOCKS_IN_FLIGHT = 4;
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
  /** Threads; 0 means one per core. */
  readonly workers: number;
}

export interface PackageHashes {
  /** SHA-1 per file, hex, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly pieces: Uint8Array;
  readonly btPieces: Uint8Array;
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
  const reader = new PackageReader(request.root, request.files);
  try {
    const rows = rowsOf(request);
    const digests = await run(reader, pool, rows, blockSize(request), signal, onProgress);
    await reader.checkUnchanged();
    return collect(request, digests);
  } finally {
    await reader.close();
    await pool.close();
  }
}

async function run(
  reader: PackageReader,
  pool: HashPool,
  rows: readonly Row[],
  size: number,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Map<string, Uint8Array>> {
  const cursors = rows.map(row => new RowCursor(row));
  const digests = new Map<string, Uint8Array>();
  const blocks = Array.from({ length: BLOCKS_IN_FLIGHT }, () => new SharedArrayBuffer(size));
  const busy: Promise<void>[] = blocks.map(() => Promise.resolve());
  for (let at = 0, turn = 0; at < reader.size; at += size, turn = (turn + 1) % blocks.length) {
    signal.throwIfAborted();
    await busy[turn];
    const block = blocks[turn] as SharedArrayBuffer;
    const end = Math.min(at + size, reader.size);
    await reader.read(at, new Uint8Array(block, 0, end - at));
    const hashed = pool.hash(
      block,
      cursors.flatMap(cursor => cursor.steps(at, end)),
    );
    const done = hashed.then(closed => closed.forEach((sha1, stream) => digests.set(stream, sha1)));
    // A failure is met where the block is used again, or at the end.
    done.catch(() => {});
    busy[turn] = done;
    onProgress(end);
  }
  await Promise.all(busy);
  return digests;
}

const blockSize = ({ pieceLength }: HashRequest) => Math.max(MIN_BLOCK, pieceLength);

function rowsOf({ files, pieceLength, btFiles, btPieceLength }: HashRequest): Row[] {
  let offset = 0;
  const spans = nonEmpty(files).map(({ path, size }) => {
    const span = { path, start: offset, end: offset + size };
    offset += size;
    return span;
  });
  const rows = [pieceRow('piece', spans, pieceLength), spanRow('file', spans)];
  if (btFiles)
    rows.push(
      pieceRow(
        'bt',
        spans.filter(({ path }) => btFiles.has(path)),
        btPieceLength,
      ),
    );
  return rows;
}

const nonEmpty = (files: readonly PackageFile[]) => files.filter(({ size }) => size > 0);

function collect({ files }: HashRequest, digests: ReadonlyMap<string, Uint8Array>): PackageHashes {
  const hashes = new Map(files.map(({ path }) => [path, EMPTY_SHA1]));
  for (const [index, { path }] of nonEmpty(files).entries()) {
    hashes.set(path, Buffer.from(digests.get(`file:${index}`) ?? []).toString('hex'));
  }
  return { files: hashes, pieces: join(digests, 'piece'), btPieces: join(digests, 'bt') };
}

function join(digests: ReadonlyMap<string, Uint8Array>, row: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let sha1 = digests.get(`${row}:0`); sha1; sha1 = digests.get(`${row}:${pieces.length}`)) pieces.push(sha1);
  return Buffer.concat(pieces);
}
