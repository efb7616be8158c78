import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenFiles } from '../../../src/transports/bt/engine/open-files.ts';

describe('OpenFiles', () => {
  let directory: string;
  const paths: string[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bft2-open-'));
    for (const name of ['a', 'b', 'c', 'd']) {
      paths.push(join(directory, name));
      await writeFile(join(directory, name), name);
    }
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const fdOf = (files: OpenFiles, index: number) =>
    files.use(paths[index]!, 'read', handle => Promise.resolve(handle.fd));

  it('closes the least recently used first', async () => {
    const files = new OpenFiles(2);
    const first = await fdOf(files, 0);
    await fdOf(files, 1);
    assert.equal(await fdOf(files, 0), first);
    await fdOf(files, 2);
    assert.equal(files.size, 2);
    assert.equal(await fdOf(files, 0), first);
    await files.release(paths);
  });

  it('goes over its bound rather than close what is in use', async () => {
    const files = new OpenFiles(1);
    const all = Promise.withResolvers<void>();
    let users = 0;
    const read = (path: string) =>
      files.use(path, 'read', async handle => {
        if (++users === paths.length) all.resolve();
        await all.promise;
        return (await handle.read(Buffer.alloc(1), 0, 1, 0)).bytesRead;
      });
    assert.deepEqual(await Promise.all(paths.map(read)), [1, 1, 1, 1]);
    assert.equal(files.size, 1);
    await files.release(paths);
  });

  it('closes a released file when its last use ends', async () => {
    const files = new OpenFiles();
    const fd = await files.use(paths[0]!, 'read', async handle => {
      await files.release(paths);
      assert.equal((await handle.read(Buffer.alloc(1), 0, 1, 0)).bytesRead, 1);
      return handle;
    });
    assert.equal(fd.fd, -1);
    assert.equal(files.size, 0);
  });

  it('lets all who wait for one open know that it failed', async () => {
    const files = new OpenFiles();
    const missing = join(directory, 'missing');
    const tries = await Promise.allSettled([1, 2].map(() => files.use(missing, 'read', () => Promise.resolve())));
    assert.deepEqual(
      tries.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(files.size, 0);
  });
});
