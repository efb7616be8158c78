import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { requireSameFileSystem } from '../../src/disk/same-file-system.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const OTHER = '/dev/shm';

describe('disk: one file system (BD-30, fault 14)', () => {
  const at = temporaryDirectory();

  it('accepts directories of one file system, one directory, and none', async () => {
    await mkdir(at('a', 'b'), { recursive: true });
    await requireSameFileSystem([at(), at('a'), at('a', 'b')]);
    await requireSameFileSystem([at()]);
    await requireSameFileSystem([]);
  });

  it('wants them to exist', async () => {
    await assert.rejects(requireSameFileSystem([at(), at('gone')]), { code: 'ENOENT' });
  });

  it('refuses two file systems and names the directories', async function () {
    const device = await stat(OTHER).then(
      ({ dev }) => dev,
      () => undefined,
    );
    if (device === undefined || device === (await stat(at())).dev) return this.skip();
    const elsewhere = await mkdtemp(`${OTHER}/bftv2-test-`);
    try {
      await assert.rejects(requireSameFileSystem([at(), at(), elsewhere]), {
        code: 'FILE_SYSTEMS_DIFFER',
        message: `${at()} and ${elsewhere} are on different file systems`,
      });
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });
});
