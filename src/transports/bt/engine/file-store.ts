import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '../../../disk/durable.ts';
import { writeFully } from '../../../disk/write-fully.ts';
import type { Metainfo } from '../../../torrent/metainfo.ts';
import { PieceMap } from '../../../torrent/piece-map.ts';
import type { OpenFiles } from './open-files.ts';
import type { ReadCache } from './read-cache.ts';

/** Peers ask for 16 KiB blocks; reading this much at once serves the blocks that follow from memory. */
const READ_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(READ_BYTES);

/** The bytes of one torrent where its files really are: any absolute path per file, in any directory. */
export class FileStore {
  readonly #openFiles: OpenFiles;
  readonly #cache: ReadCache;
  readonly #map: PieceMap;
  readonly #metainfo: Metainfo;
  readonly #paths: readonly string[];
  readonly #running = new Set<Promise<unknown>>();
  readonly #directories = new Map<string, Promise<void>>();
  /** Files that have their full length. */
  readonly #sized = new Map<string, Promise<void>>();

  /** `paths`: where each file of the torrent is, in torrent order. */
  constructor(components: { openFiles: OpenFiles; cache: ReadCache }, metainfo: Metainfo, paths: readonly string[]) {
    this.#openFiles = components.openFiles;
    this.#cache = components.cache;
    this.#metainfo = metainfo;
    this.#paths = paths;
    this.#map = new PieceMap({
      ...metainfo,
      files: metainfo.files.map((file, index) => ({ ...file, path: paths[index] ?? file.path })),
    });
  }

  /** The files that hold bytes of the piece. */
  pathsOf(piece: number): string[] {
    return this.#map.extents(piece).map(({ file }) => file);
  }

  /** Writes a whole piece. Missing directories are made. */
  write(piece: number, bytes: Uint8Array): Promise<void> {
    return this.#track(this.#write(piece, bytes));
  }

  /** Reads a part of a piece; rejects when a file is missing or shorter than the torrent says. */
  read(piece: number, offset: number, length: number): Promise<Uint8Array> {
    return this.#track(this.#read(piece, offset, length));
  }

  /** Reads a whole piece from the disk, and keeps nothing of it. Rejects as `read` does. */
  readWhole(piece: number): Promise<Uint8Array> {
    return this.#track(this.#load(piece, 0, this.#pieceLength(piece)));
  }

  /** Resolves when all reads and writes that run now have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Resolves when nothing runs and no file of this torrent is open here. */
  async close(): Promise<void> {
    await this.settled();
    this.#cache.drop(this.#metainfo.infoHash);
    await this.#openFiles.release(this.#paths);
  }

  #track<T>(operation: Promise<T>): Promise<T> {
    const ended: Promise<unknown> = Promise.allSettled([operation]).then(() => this.#running.delete(ended));
    this.#running.add(ended);
    return operation;
  }

  async #write(piece: number, bytes: Uint8Array): Promise<void> {
    try {
      await this.#writeExtents(piece, bytes);
    } finally {
      // Also what is being read right now: it may be neither the old bytes nor the new ones.
      this.#cache.drop(this.#cacheKey(piece));
    }
  }

  async #writeExtents(piece: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    for (const { file, offset, length } of this.#map.extents(piece)) {
      const part = bytes.subarray(done, done + length);
      await once(this.#directories, dirname(file), makeDirectory);
      await once(this.#sized, file, () => this.#openFiles.use(file, 'write', handle => this.#size(handle, file)));
      await this.#openFiles.use(file, 'write', handle => writePart(handle, part, offset));
      done += length;
    }
  }

  /** A new file is one hole of its full length; an older one of the same name may be longer. Files that are only served are never written. */
  async #size(handle: FileHandle, path: string): Promise<void> {
    const length = this.#metainfo.files[this.#paths.indexOf(path)]?.length ?? 0;
    const stats = await handle.stat();
    if (stats.isFile() && stats.size !== length) await handle.truncate(length);
  }

  async #read(piece: number, offset: number, length: number): Promise<Uint8Array> {
    const size = this.#pieceLength(piece);
    if (offset < 0 || length < 0 || offset + length > size) throw new RangeError(`no such block in piece ${piece}`);
    const parts: Uint8Array[] = [];
    for (let at = offset; at < offset + length; ) {
      const start = at - (at % READ_BYTES);
      const slice = await this.#slice(piece, start, Math.min(READ_BYTES, size - start));
      const part = slice.subarray(at - start, Math.min(slice.length, offset + length - start));
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  #pieceLength(piece: number): number {
    const { pieceLength, length } = this.#metainfo;
    if (piece < 0 || piece >= this.#map.count) throw new RangeError(`no piece ${piece}`);
    return Math.min(pieceLength, length - piece * pieceLength);
  }

  #slice(piece: number, start: number, length: number): Promise<Uint8Array> {
    return this.#cache.get(`${this.#cacheKey(piece)}${start}`, () => this.#load(piece, start, length));
  }

  #cacheKey(piece: number): string {
    return `${this.#metainfo.infoHash}/${piece}/`;
  }

  async #load(piece: number, start: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let position = 0;
    for (const extent of this.#map.extents(piece)) {
      const from = Math.max(start, position);
      const to = Math.min(start + length, position + extent.length);
      if (from < to) {
        const part = bytes.subarray(from - start, to - start);
        const offset = extent.offset + from - position;
        await this.#openFiles.use(extent.file, 'read', handle => readFully(handle, part, offset, extent.file));
      }
      position += extent.length;
    }
    return bytes;
  }
}

/** Runs `work` for a key once. What failed is tried again. */
function once(known: Map<string, Promise<void>>, key: string, work: (key: string) => Promise<void>): Promise<void> {
  const running = known.get(key);
  if (running) return running;
  const done = work(key);
  known.set(key, done);
  done.catch(() => known.delete(key));
  return done;
}

/** Zeros are not written where zeros are read already: a hole stays one. */
async function writePart(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  if (!isZero(bytes) || !(await isZeroAt(handle, bytes.length, position))) await writeFully(handle, bytes, position);
}

async function isZeroAt(handle: FileHandle, length: number, position: number): Promise<boolean> {
  const there = Buffer.allocUnsafe(Math.min(READ_BYTES, length));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(there, 0, Math.min(there.length, length - done), position + done);
    if (bytesRead === 0 || !isZero(there.subarray(0, bytesRead))) return false;
    done += bytesRead;
  }
  return true;
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const end = Math.min(at + ZEROS.length, bytes.length);
    if (ZEROS.compare(bytes, at, end, 0, end - at) !== 0) return false;
  }
  return true;
}

async function readFully(handle: FileHandle, bytes: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new Error(`${path} is shorter than the torrent says`);
    done += bytesRead;
  }
}
