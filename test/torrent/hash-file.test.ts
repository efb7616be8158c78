import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { HashPool } from '../../src/torrent/hash-pool.ts';
import { hashFile } from '../../src/torrent/hash-file.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { sha1Hex } from './bencoding.ts';

const BLOCK = 4 * 1024 * 1024;
const never = new AbortController().signal;

describe('torrent: hashing files', () => {
  const at = temporaryDirectory();
  let pool: HashPool;
  before(() => {
    pool = new HashPool(2);
  });
  after(() => pool.close());

  it('gives the SHA-1 of a file of any size around its blocks', async () => {
    for (const size of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7]) {
      const bytes = randomBytes(size);
      await writeFile(at('file'), bytes);
      assert.equal(await hashFile(pool, at('file'), never), sha1Hex(bytes), `${size} bytes`);
    }
  });

  it('hashes many files at the same time without mixing them', async () => {
    const content = Array.from({ length: 12 }, (_, index) => randomBytes(index * 700_000));
    await Promise.all(content.map((bytes, index) => writeFile(at(String(index)), bytes)));
    const hashes = await Promise.all(content.map((_, index) => hashFile(pool, at(String(index)), never)));
    assert.deepEqual(hashes, content.map(sha1Hex));
  });

  it('ends with the reason of its signal, and says when there is no file', async () => {
    await writeFile(at('file'), 'x');
    const reason = new Error('cancelled');
    await assert.rejects(hashFile(pool, at('file'), AbortSignal.abort(reason)), error => error === reason);
    await assert.rejects(hashFile(pool, at('gone'), never), { code: 'ENOENT' });
  });

  it('an abort and a read that fails at the same time are one rejection, and nothing is left behind', async () => {
    const unheard: unknown[] = [];
    const listen = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', listen);
    // What cannot be read: a directory.
    await assert.rejects(hashFile(pool, at(), AbortSignal.abort(new Error('cancelled'))), { message: 'cancelled' });
    await assert.rejects(hashFile(pool, at(), never), { code: 'EISDIR' });
    await delay(50);
    process.off('unhandledRejection', listen);
    assert.deepEqual(unheard, []);
  });
});
