import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Pace } from '../../src/hashtable/pace.ts';
import { FileHasher } from '../../src/torrent/file-hasher.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { sha1Hex } from '../torrent/bencoding.ts';

const never = new AbortController().signal;
const BLOCK = 4 * 1024 * 1024;

describe('hash table: the pace of hashing in the background (hashshare)', () => {
  const at = temporaryDirectory();

  it('rests in proportion to its work while the node is busy, and not at all when it is not', async () => {
    const clock = new ManualClock();
    let isBusy = true;
    let share = 50;
    const pace = new Pace(
      { clock },
      () => share,
      () => isBusy,
    );
    const work = async (ms: number) => {
      pace.begin();
      clock.advance(ms);
      await pace.rest(never);
    };
    await work(100);
    share = 10;
    await work(100);
    share = 100;
    await work(100);
    share = 1;
    isBusy = false;
    await work(100);
    isBusy = true;
    // A machine that was asleep.
    await work(3_600_000);
    assert.deepEqual(clock.sleeps, [100, 900, 10_000]);
  });

  it('is kept between the blocks of a file, whose hash is right; an abort ends it there', async () => {
    const bytes = randomBytes(3 * BLOCK + 1);
    await writeFile(at('film'), bytes);
    let rests = 0;
    const ending = new AbortController();
    const hasher = new FileHasher(async signal => {
      signal.throwIfAborted();
      rests += 1;
    });
    assert.equal(await hasher.hash(at('film'), never), sha1Hex(bytes));
    assert.equal(rests, 3);
    const aborted = new FileHasher(async signal => {
      ending.abort(new Error('stop'));
      signal.throwIfAborted();
    });
    await assert.rejects(aborted.hash(at('film'), ending.signal), { message: 'stop' });
    // What was begun is not gone on with.
    assert.equal(await hasher.hash(at('film'), never), sha1Hex(bytes));
    await Promise.all([hasher.close(), aborted.close()]);
  });
});
