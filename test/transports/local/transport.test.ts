import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentLog } from '../../../src/core/log.ts';
import type { TransferItem } from '../../../src/transfer/item.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import { LocalTransport } from '../../../src/transports/local/transport.ts';
import { makeFifo } from '../../temporary-directory.ts';
import { SamplePackage } from '../sample-package.ts';

const never = new AbortController().signal;
const SIZES = { 'a.mxf': 200_001, 'sub/b.mxf': 90_000, 'c.xml': 10 };

describe('transports: local (BR-41, BR-43)', () => {
  let sample: SamplePackage;
  let item: TransferItem;
  let ledger: Ledger;
  let dropped: { sha1: string; path: string }[];
  beforeEach(() => {
    dropped = [];
  });
  afterEach(() => sample.remove());

  const prepare = async (hasTorrent: boolean) => {
    const files = Object.fromEntries(Object.entries(SIZES).map(([file, size]) => [file, randomBytes(size)]));
    sample = await SamplePackage.make({ shares: { local: files }, hasTorrent });
    item = sample.received();
    ledger = await sample.ledger(item);
  };
  const stored = (name: string) => join(sample.directory, 'storage', name);
  const store = async (name: string, bytes: Uint8Array) => {
    await mkdir(dirname(stored(name)), { recursive: true });
    await writeFile(stored(name), bytes);
    return stored(name);
  };
  const content = (file: string) => sample.files[file] ?? Buffer.of();
  const flipped = (file: string, at: number) => {
    const bytes = Buffer.from(content(file));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  /** Copies; `places` says where the table thinks that each file is. */
  const copy = (places: Readonly<Record<string, readonly string[]>>) => {
    const bySha1 = new Map(Object.entries(places).map(([file, paths]) => [item.manifest.sha1(file), paths]));
    const drop = async (rows: readonly { sha1: string; path: string }[]) => void dropped.push(...rows);
    const local = new LocalTransport({ find: () => Promise.resolve(bySha1), drop, log: silentLog });
    const extents = item.files('local').map(file => item.manifest.extent(file));
    return local.fetch(item, extents, ledger, never);
  };
  const staged = async () => {
    const read = async (file: string) => [file, await readFile(item.stagedPath(file))] as const;
    return Object.fromEntries(await Promise.all(Object.keys(SIZES).map(read)));
  };

  for (const hasTorrent of [true, false]) {
    it(`takes each byte from the first place that has it right, ${hasTorrent ? 'piece by piece' : 'file by file'}`, async () => {
      await prepare(hasTorrent);
      const wrong = await store('wrong', flipped('a.mxf', 100_000));
      const right = await store('right', content('a.mxf'));
      const rest = {
        'sub/b.mxf': [await store('b', content('sub/b.mxf'))],
        'c.xml': [await store('c', content('c.xml'))],
      };
      await copy({ 'a.mxf': [stored('gone'), wrong, right], ...rest });
      assert.deepEqual(await staged(), sample.files);
      assert.ok(ledger.meters.local.wasted > 0);
      // Of one that is not there nobody knows what it was.
      assert.deepEqual(dropped, [{ sha1: item.manifest.sha1('a.mxf'), path: wrong }]);
      assert.equal(ledger.bytes('local'), sample.task.size);
    });

    it(`says what is not here after all and keeps the rest, ${hasTorrent ? 'with' : 'without'} a torrent`, async () => {
      await prepare(hasTorrent);
      const places = {
        'a.mxf': [await store('a', flipped('a.mxf', 0).subarray(0, -1))],
        'sub/b.mxf': [await store('b', flipped('sub/b.mxf', 50_000))],
        'c.xml': [await store('c', content('c.xml'))],
      };
      await assert.rejects(copy(places), { code: 'WRONG_BYTES', permanent: true, message: /a\.mxf of cfec-001-film/ });
      assert.deepEqual(
        Object.keys(SIZES).map(file => ledger.isFinished(file)),
        [false, false, true],
      );
    });
  }

  it('a place that cannot be read is none', async () => {
    await prepare(true);
    await store('c', content('c.xml'));
    await makeFifo(stored('pipe'));
    const places = { 'a.mxf': [stored('x'.repeat(300))], 'sub/b.mxf': [stored('pipe')], 'c.xml': [stored('c')] };
    await assert.rejects(copy(places), { code: 'SOURCE_MISSING', permanent: true });
    assert.deepEqual(
      Object.keys(SIZES).map(file => ledger.isFinished(file)),
      [false, false, true],
    );
  });

  it('its own disk that takes nothing is no reason to fetch: that is said', async () => {
    await prepare(true);
    const c = await store('c', content('c.xml'));
    await mkdir(item.stagedPath('c.xml'), { recursive: true });
    await assert.rejects(copy({ 'c.xml': [c] }), { code: 'DISK_WRITE', permanent: false });
  });

  it('follows no link, and takes no directory for a file', async () => {
    await prepare(true);
    await store('real', content('c.xml'));
    await symlink(stored('real'), stored('link'));
    await assert.rejects(copy({ 'c.xml': [stored('link'), dirname(stored('link'))] }), { code: 'SOURCE_MISSING' });
    await rm(stored('link'));
  });
});
