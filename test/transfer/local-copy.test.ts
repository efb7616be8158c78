import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { HashPool } from '../../src/torrent/hash-pool.ts';
import { copyVerified } from '../../src/transfer/local-copy.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

describe('transfer: local copy (BR-41)', () => {
  const at = temporaryDirectory();
  const bytes = randomBytes(9_000_001);
  const sha1 = createHash('sha1').update(bytes).digest('hex');
  const never = new AbortController().signal;
  let pool: HashPool;

  beforeEach(async () => {
    pool = new HashPool(1);
    await writeFile(at('from'), bytes);
  });
  afterEach(() => pool.close());
  const copy = (from = at('from'), hash = sha1, signal = never) =>
    copyVerified({ from, to: at('staged', 'sub', 'to'), sha1: hash }, pool, signal);
  const isCopied = () =>
    stat(at('staged', 'sub', 'to')).then(
      () => true,
      () => false,
    );

  it('copies what is right', async () => {
    assert.equal(await copy(), true);
    assert.ok((await readFile(at('staged', 'sub', 'to'))).equals(bytes));
  });

  it('leaves no copy of what is wrong, gone or a directory', async () => {
    await mkdir(at('directory'));
    assert.equal(await copy(at('from'), '0'.repeat(40)), false);
    for (const name of ['gone', 'directory']) {
      assert.equal(await copy(at(name)), false, name);
      assert.equal(await isCopied(), false, name);
    }
  });

  it('stops at the signal', async () => {
    const stopped = new AbortController();
    stopped.abort(new Error('stopped'));
    await assert.rejects(copy(at('from'), sha1, stopped.signal), /stopped/);
  });
});
