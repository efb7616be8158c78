import { constants, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asBftError } from '../../core/errors.ts';
import { makeDirectory } from '../../disk/durable.ts';
import { writeFully } from '../../disk/write-fully.ts';
import type { Extent } from '../../torrent/manifest.ts';
import type { TransferItem } from '../../transfer/item.ts';

/** The files of one fetch in the staging tree; each is open while units of it are missing. */
export class StagedFiles {
  readonly #item: TransferItem;
  readonly #open = new Map<string, Promise<FileHandle>>();

  constructor(item: TransferItem) {
    this.#item = item;
  }

  /** Writes the bytes of an extent. Zeros are not written where zeros are: what was a hole stays one. `bytes` may be overwritten. */
  async write(extent: Extent, bytes: Uint8Array): Promise<void> {
    await this.#at(extent.file, 'writing', async handle => {
      if (isZero(bytes)) {
        await handle.read(bytes, 0, bytes.length, extent.offset);
        if (isZero(bytes)) return;
        bytes.fill(0);
      }
      await writeFully(handle, bytes, extent.offset);
    });
  }

  async read({ file, offset }: Extent, into: Uint8Array): Promise<void> {
    await this.#at(file, 'reading', handle => handle.read(into, 0, into.length, offset));
  }

  /** Makes the file if it is not there, in its full length. */
  async make(file: string): Promise<void> {
    await this.#at(file, 'making', () => Promise.resolve());
  }

  async close(file: string): Promise<void> {
    const opened = this.#open.get(file);
    this.#open.delete(file);
    // An open that failed was reported where the file was to be used.
    const handle = await opened?.catch(() => undefined);
    await handle?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map(file => this.close(file)));
  }

  async #at(file: string, what: string, work: (handle: FileHandle) => Promise<unknown>): Promise<void> {
    const path = this.#item.stagedPath(file);
    let opened = this.#open.get(file);
    if (!opened) this.#open.set(file, (opened = openStaged(path, this.#item.manifest.extent(file).length)));
    try {
      await work(await opened);
    } catch (error) {
      throw asBftError(error, 'DISK_WRITE', `${what} ${path}`);
    }
  }
}

/** In its full length at once; an older, longer file of the same name may lie there. */
async function openStaged(path: string, length: number): Promise<FileHandle> {
  await makeDirectory(dirname(path));
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  await handle.truncate(length).catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  return handle;
}

/** Every byte is the one before it, and the first is zero. */
function isZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}
