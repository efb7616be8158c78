import assert from 'node:assert/strict';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { writeFully } from '../../src/disk/write-fully.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

describe('disk/write-fully', () => {
  const at = temporaryDirectory();

  /** A real file on a disk that takes at most `most` bytes at a time, and `room` in all. */
  async function onTightDisk(most: number, room: number, run: (handle: FileHandle) => Promise<void>): Promise<Buffer> {
    const handle = await open(at('file'), 'w+');
    let left = room;
    const tight = {
      write: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
        const taken = Math.min(length, most, left);
        left -= taken;
        return taken === 0 ? { bytesWritten: 0, buffer: bytes } : await handle.write(bytes, offset, taken, position);
      },
    };
    try {
      await run(tight as unknown as FileHandle);
    } finally {
      await handle.close();
    }
    return await readFile(at('file'));
  }

  const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);

  it('goes on after a short write, at the right place', async () => {
    const written = await onTightDisk(777, 1e9, handle => writeFully(handle, bytes, 5));
    assert.deepEqual(written.subarray(5), Buffer.from(bytes));
  });

  it('a disk that takes nothing more is full, not slow', async () => {
    await assert.rejects(
      onTightDisk(777, 5000, handle => writeFully(handle, bytes, 0)),
      { code: 'ENOSPC' },
    );
  });
});
