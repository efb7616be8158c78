import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Durability } from '../../../src/transports/bt/engine/durability.ts';
import { OpenFiles } from '../../../src/transports/bt/engine/open-files.ts';

describe('Durability', () => {
  let directory: string;
  let openFiles: OpenFiles;
  let written: number[][];
  let durable: number[][];
  let failures: unknown[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bft2-durability-'));
    await writeFile(join(directory, 'a'), 'a');
    openFiles = new OpenFiles();
    written = [];
    durable = [];
    failures = [];
  });
  afterEach(async () => {
    await openFiles.release([join(directory, 'a'), '/dev/null']);
    await rm(directory, { recursive: true, force: true });
  });

  const make = (intervalMs: number, onDurable: () => void = () => {}) =>
    new Durability(
      {
        openFiles,
        onWritten: pieces => written.push(pieces),
        onDurable(pieces) {
          durable.push(pieces);
          onDurable();
        },
        onFailed: error => failures.push(error),
      },
      { intervalMs },
    );

  it('reports pieces together after the interval', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const durability = make(20, resolve);
    durability.written(3, [join(directory, 'a')]);
    durability.written(1, [join(directory, 'a')]);
    assert.deepEqual(durable, []);
    await promise;
    assert.deepEqual(durable, [[3, 1]]);
  });

  it('says of written pieces once and before they are durable', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const durability = make(20, () => {
      assert.deepEqual(written, [[3, 1]]);
      resolve();
    });
    durability.written(3, [join(directory, 'a')]);
    durability.written(1, [join(directory, 'a')]);
    assert.deepEqual(written, []);
    await promise;
    assert.deepEqual(written, [[3, 1]]);
  });

  it('reports at once when asked to', async () => {
    const durability = make(60_000);
    durability.written(3, [join(directory, 'a')]);
    await durability.flush();
    assert.deepEqual(durable, [[3]]);
    await durability.flush();
    assert.deepEqual(durable, [[3]]);
  });

  it('reports a failed sync once and nothing as durable from then on', async () => {
    const durability = make(60_000);
    durability.written(3, [join(directory, 'a'), '/dev/null']);
    await durability.flush();
    durability.written(4, [join(directory, 'a')]);
    await durability.flush();
    durability.written(5, ['/dev/null']);
    await durability.flush();
    assert.deepEqual(durable, []);
    assert.equal(failures.length, 1);
    assert.equal((failures[0] as NodeJS.ErrnoException).code, 'EINVAL');
  });
});
