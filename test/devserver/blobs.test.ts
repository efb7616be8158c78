import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Blobs } from '../../src/devserver/storage/blobs.ts';
import type { BlobRecord } from '../../src/devserver/storage/records.ts';
import { temporaryDirectory } from './harness.ts';

async function* bodyOf(...chunks: readonly string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe('devserver: blobs', () => {
  let directory: string;
  let blobs: Blobs;
  let written: BlobRecord[];

  beforeEach(async () => {
    directory = await temporaryDirectory();
    blobs = new Blobs(directory);
    written = [];
    for (const body of ['abc', '', 'defg']) written.push((await blobs.write(bodyOf(body), undefined)).blob);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('measures what it writes', async () => {
    const { blob, md5 } = await blobs.write(bodyOf('ab', 'c'), undefined);
    assert.deepEqual([blob.size, md5], [3, createHash('md5').update('abc').digest('hex')]);
  });

  it('reads any range across blobs', async () => {
    for (let start = 0; start <= 7; start++) {
      for (let end = start; end <= 7; end++) {
        assert.equal(await text(blobs.read(written, { start, end })), 'abcdefg'.slice(start, end));
      }
    }
  });

  it('keeps discarded blobs until their last reader is done', async () => {
    const range = { start: 0, end: 7 };
    const [first, second] = [blobs.read(written, range), blobs.read(written, range)];
    assert.equal(String((await first.next()).value), 'abc');
    assert.equal(String((await second.next()).value), 'abc');
    await blobs.discard(written);
    assert.equal(await text(first), 'defg');
    assert.equal(await text(second), 'defg');
    assert.deepEqual(await readdir(directory), []);
  });

  it('lets go of them when a reader leaves early', async () => {
    for await (const chunk of blobs.read(written, { start: 0, end: 7 })) {
      assert.equal(String(chunk), 'abc');
      break;
    }
    await blobs.discard(written);
    assert.deepEqual(await readdir(directory), []);
  });

  it('keeps nothing of a body that breaks off', async () => {
    async function* broken() {
      yield Buffer.from('some');
      throw new Error('line down');
    }
    const before = await readdir(directory);
    await assert.rejects(blobs.write(broken(), undefined), /line down/);
    assert.deepEqual(await readdir(directory), before);
  });
});
