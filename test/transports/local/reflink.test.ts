import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../../src/core/log.ts';
import type { Throttle } from '../../../src/transfer/token-bucket.ts';
import { reflink } from '../../../src/transports/local/reflink.ts';
import { LocalTransport } from '../../../src/transports/local/transport.ts';
import { temporaryDirectory } from '../../temporary-directory.ts';
import { SamplePackage } from '../sample-package.ts';
import { type MountedXfs, mountXfs } from './mounted-xfs.ts';

const never = new AbortController().signal;

describe('transports: local, blocks that are shared (BR-43)', () => {
  const at = temporaryDirectory();
  let xfs: MountedXfs;
  before(async function () {
    const mounted = await mountXfs();
    if (!mounted) return this.skip();
    xfs = mounted;
  });
  after(() => xfs?.remove());

  const files = { 'a.mxf': randomBytes(16_384 * 40) };
  const good = files['a.mxf'];

  /** Copies the file from `place`; `beforeUnit` is called before a byte of it is looked at. */
  const copy = async (sample: SamplePackage, place: string, beforeUnit: Throttle = async () => {}) => {
    const item = sample.received();
    const ledger = await sample.ledger(item);
    const find = () => Promise.resolve(new Map([[item.manifest.sha1('a.mxf'), [place]]]));
    const local = new LocalTransport({ find, log: silentLog, throttle: beforeUnit });
    await local.fetch(item, [item.manifest.extent('a.mxf')], ledger, never);
    return item.stagedPath('a.mxf');
  };

  for (const hasTorrent of [true, false]) {
    it(`what is verified is the copy, not its source, ${hasTorrent ? 'with' : 'without'} a torrent`, async () => {
      const sample = await SamplePackage.make({ shares: { local: files }, hasTorrent, parent: xfs.path });
      try {
        const place = join(sample.directory, 'place');
        const half = Buffer.from(good).fill(0, good.length / 2);
        await writeFile(place, half);
        const staged = await copy(sample, place, async () => {
          await writeFile(place, good, { flag: 'r+' });
        });
        assert.ok((await readFile(staged)).equals(good));
      } finally {
        await sample.remove();
      }
    });
  }

  it('a file that is for reading alone gives one that can be written', async () => {
    const sample = await SamplePackage.make({ shares: { local: files }, parent: xfs.path });
    try {
      const place = join(sample.directory, 'place');
      await writeFile(place, good, { mode: 0o444 });
      const staged = await copy(sample, place);
      assert.equal((await stat(staged)).mode & 0o777, 0o644);
      assert.ok((await readFile(staged)).equals(good));
    } finally {
      await sample.remove();
    }
  });

  it('is made from the file that was opened, though its name stands for another one now', async () => {
    const place = join(xfs.path, 'place');
    await writeFile(place, good);
    const handle = await open(place);
    try {
      await rename(place, join(xfs.path, 'moved'));
      await writeFile(place, 'another');
      const copied = join(xfs.path, 'deep', 'copied');
      assert.equal(await reflink(handle, copied), true);
      assert.ok((await readFile(copied)).equals(good));
      assert.equal(await reflink(handle, copied), false);
      assert.ok((await readFile(copied)).equals(good));
    } finally {
      await handle.close();
    }
  });

  it('where blocks cannot be shared nothing is left', async () => {
    await mkdir(at('a'));
    await writeFile(join(xfs.path, 'other'), good);
    const handle = await open(join(xfs.path, 'other'));
    try {
      assert.equal(await reflink(handle, at('a', 'copied')), false);
      assert.deepEqual(await readdir(at('a')), []);
    } finally {
      await handle.close();
    }
  });
});
