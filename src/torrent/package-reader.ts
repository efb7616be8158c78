import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { asBftError, BftError, errno, notThere } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import { isSameState } from '../disk/file-state.ts';
import type { PackageFile } from '../disk/walk.ts';

/** Reads of small files that are under way at once; a disk and a thread pool of four want no more. */
const PARALLEL = 4;

interface Part {
  readonly file: PackageFile;
  readonly offset: number;
  readonly into: Uint8Array;
}

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  /** Bytes that were not read yet. */
  left: number;
}

/** Reads the bytes of a package as one row, each once, and holds its files against what was listed. */
export class PackageReader {
  readonly size: number;
  readonly #root: string;
  readonly #files: readonly PackageFile[];
  readonly #signal: AbortSignal;
  readonly #open = new Map<PackageFile, OpenFile>();
  #index = 0;
  /** Package offset at which the current file starts. */
  #start = 0;

  constructor(root: string, files: readonly PackageFile[], signal: AbortSignal) {
    this.#root = root;
    this.#files = files;
    this.#signal = signal;
    this.size = files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Fills `into` with the bytes from package offset `at` on. Calls come in order, without gaps; one need not wait for the one before. */
  async read(at: number, into: Uint8Array): Promise<void> {
    const parts = this.#parts(at, into).values();
    const lane = async () => {
      for (const part of parts) await this.#fill(part);
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
  }

  /** Looks at every file once more: none may have changed since it was listed, also not after it was read. */
  async checkUnchanged(): Promise<void> {
    await inParallel(this.#files, PARALLEL, this.#signal, async file => {
      const now = await lstat(this.#path(file)).catch(notThere);
      if (!now || !isSameState(now, file)) this.#changed(file);
    });
  }

  /** No read may be under way. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    const nothing = () => {};
    await Promise.all(open.map(({ handle }) => handle.then(opened => opened.close(), nothing)));
  }

  #parts(at: number, into: Uint8Array): Part[] {
    const parts: Part[] = [];
    for (let filled = 0; filled < into.length; ) {
      const file = this.#files[this.#index];
      if (!file) throw new BftError('INTERNAL', `read past the end of ${this.#root}`);
      const offset = at + filled - this.#start;
      if (offset === file.size) {
        this.#start += file.size;
        this.#index += 1;
        continue;
      }
      const length = Math.min(into.length - filled, file.size - offset);
      parts.push({ file, offset, into: into.subarray(filled, filled + length) });
      filled += length;
    }
    return parts;
  }

  async #fill({ file, offset, into }: Part): Promise<void> {
    try {
      const handle = await this.#handle(file);
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) this.#changed(file);
        done += bytesRead;
      }
      await this.#done(file, into.length);
    } catch (error) {
      if (errno(error) === 'ENOENT') this.#changed(file);
      throw asBftError(error, 'SOURCE_UNREADABLE', `reading ${this.#path(file)}`);
    }
  }

  #handle(file: PackageFile): Promise<FileHandle> {
    const known = this.#open.get(file);
    if (known) return known.handle;
    const handle = this.#begin(file);
    this.#open.set(file, { handle, left: file.size });
    return handle;
  }

  /** Looks at what was opened: somebody may put another file in the place of this one, and this one back. */
  async #begin(file: PackageFile): Promise<FileHandle> {
    const handle = await open(this.#path(file), 'r');
    try {
      if (!isSameState(await handle.stat(), file)) this.#changed(file);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #done(file: PackageFile, bytes: number): Promise<void> {
    const open = this.#open.get(file);
    if (!open) return;
    open.left -= bytes;
    if (open.left > 0) return;
    this.#open.delete(file);
    await (await open.handle).close();
  }

  #path({ path }: PackageFile): string {
    return join(this.#root, path);
  }

  #changed(file: PackageFile): never {
    throw new BftError('SOURCE_CHANGED', `${this.#path(file)} changed while it was hashed`);
  }
}
