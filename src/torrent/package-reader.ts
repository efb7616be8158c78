import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { asBftError, BftError, errno } from '../core/errors.ts';
import type { PackageFile } from '../disk/walk.ts';

/** Reads the bytes of a package as one row, front to back, and holds its files against what was listed. */
export class PackageReader {
  readonly size: number;
  readonly #root: string;
  readonly #files: readonly PackageFile[];
  #index = 0;
  /** Package offset at which the current file starts. */
  #start = 0;
  #handle: FileHandle | undefined;

  constructor(root: string, files: readonly PackageFile[]) {
    this.#root = root;
    this.#files = files;
    this.size = files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Fills `into` with the bytes from package offset `at` on. Calls must come in order. */
  async read(at: number, into: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < into.length) {
      const file = this.#files[this.#index];
      if (!file) throw new BftError('INTERNAL', `read past the end of ${this.#root}`);
      const offset = at + filled - this.#start;
      if (offset === file.size) {
        await this.#next(file);
        continue;
      }
      const length = Math.min(into.length - filled, file.size - offset);
      await this.#fill(file, offset, into.subarray(filled, filled + length));
      filled += length;
    }
  }

  /** Looks at every file once more: none may have changed since it was listed, also not after it was read. */
  async checkUnchanged(): Promise<void> {
    for (const file of this.#files)
      this.#compare(file, await lstat(join(this.#root, file.path)).catch(() => undefined));
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #fill(file: PackageFile, offset: number, into: Uint8Array): Promise<void> {
    const path = join(this.#root, file.path);
    try {
      this.#handle ??= await open(path, 'r');
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) this.#changed(file);
        done += bytesRead;
      }
    } catch (error) {
      if (errno(error) === 'ENOENT') this.#changed(file);
      throw asBftError(error, 'SOURCE_UNREADABLE', `reading ${path}`);
    }
  }

  async #next(file: PackageFile): Promise<void> {
    await this.close();
    this.#start += file.size;
    this.#index += 1;
  }

  #compare(file: PackageFile, now: { size: number; mtimeMs: number; ino: number } | undefined): void {
    if (now?.size !== file.size || now.mtimeMs !== file.mtimeMs || now.ino !== file.ino) this.#changed(file);
  }

  #changed(file: PackageFile): never {
    throw new BftError('SOURCE_CHANGED', `${join(this.#root, file.path)} changed while it was hashed`);
  }
}
