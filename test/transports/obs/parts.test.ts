import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import * as fc from 'fast-check';
import { fileStamp } from '../../../src/transports/obs/file-stamp.ts';
import { PartMemory } from '../../../src/transports/obs/part-memory.ts';
import { PartReader } from '../../../src/transports/obs/part-reader.ts';
import { PART_MEMORY_BYTES, partSizeOf } from '../../../src/transports/obs/part-size.ts';
import { SignedAddresses } from '../../../src/transports/obs/signed-addresses.ts';
import { UploadRecord } from '../../../src/transports/obs/upload-record.ts';

const never = new AbortController().signal;
const KIB = 1024;
const GIB = 1024 ** 3;

describe('transports/obs: size of parts', () => {
  it('is what is configured, up to what the memory of parts holds, and more where there would be more than 10,000; 100 KiB to 5 GiB', () => {
    assert.equal(partSizeOf(200 * GIB, 16 * KIB * KIB), 21 * KIB * KIB);
    assert.equal(partSizeOf(20 * GIB, 10 * GIB), PART_MEMORY_BYTES);
    assert.equal(partSizeOf(1, 16 * KIB * KIB), 16 * KIB * KIB);
    fc.assert(
      fc.property(fc.nat(48 * 1024 * GIB), fc.integer({ min: 1, max: 20 * GIB }), (size, configured) => {
        const part = partSizeOf(size, configured);
        assert.ok(part >= 100 * KIB && part <= 5 * GIB);
        assert.ok(Math.ceil(size / part) <= 10_000);
        assert.ok(part >= Math.min(configured, PART_MEMORY_BYTES));
        assert.ok(part <= PART_MEMORY_BYTES || Math.ceil(size / PART_MEMORY_BYTES) > 10_000);
      }),
    );
  });
});

describe('transports/obs: memory of parts', () => {
  it('is never more than the bound, but for one part that is larger; who asks first is served first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 30 }), async sizes => {
        const memory = new PartMemory(100);
        const served: number[] = [];
        let held = 0;
        await Promise.all(
          sizes.map(async (size, index) => {
            const lent = await memory.take(size, never);
            assert.equal(lent.byteLength, size);
            held += size;
            served.push(index);
            assert.ok(held <= 100 || held === size, `${held}`);
            await new Promise(resolve => setImmediate(resolve));
            held -= size;
            memory.give(lent);
          }),
        );
        assert.deepEqual(served, [...sizes.keys()]);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps what is given back for the next part, and nothing when no part has been on its way for a while', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const memory = new PartMemory(100);
    const [first, second] = [await memory.take(40, never), await memory.take(40, never)];
    memory.give(first);
    assert.equal(memory.kept, 40);
    assert.equal(await memory.take(40, never), first);
    memory.give(first);
    memory.give(second);
    assert.equal(memory.kept, 80);
    mock.timers.tick(5000);
    assert.equal(memory.kept, 0);
    assert.notEqual(await memory.take(40, never), first);
    mock.timers.reset();
  });

  it('what is kept and what is lent are not more than the bound together', async () => {
    const memory = new PartMemory(100);
    const lent = await Promise.all([40, 40].map(size => memory.take(size, never)));
    for (const part of lent) memory.give(part);
    await memory.take(50, never);
    assert.equal(memory.kept, 40);
    await memory.take(30, never);
    assert.equal(memory.kept, 0);
  });

  it('who waits can leave, and those behind move up', async () => {
    const memory = new PartMemory(100);
    const first = await memory.take(60, never);
    const leaving = new AbortController();
    const large = memory.take(90, leaving.signal);
    const small = memory.take(40, never);
    leaving.abort(new Error('enough'));
    await assert.rejects(large, /enough/);
    await small;
    memory.give(first);
    await assert.rejects(memory.take(1, AbortSignal.abort(new Error('before'))), /before/);
  });
});

describe('transports/obs: reading parts', () => {
  let directory: string;
  let path: string;
  const bytes = randomBytes(3_000_000);
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'parts-'));
    path = join(directory, 'reel.mxf');
  });
  beforeEach(() => writeFile(path, bytes));
  after(() => rm(directory, { recursive: true }));

  const stamp = async () => fileStamp(await lstat(path, { bigint: true }));
  const reader = new PartReader();

  it('gives the bytes and their MD5', async () => {
    for (const [offset, size] of [
      [0, 3_000_000],
      [1, 2_000_000],
      [2_999_999, 1],
      [5, 0],
    ] as const) {
      const part = { path, offset, size, stamp: await stamp() };
      await reader.use(part, never, async read => {
        const expected = bytes.subarray(offset, offset + size);
        assert.deepEqual(Buffer.from(read.bytes), expected);
        assert.deepEqual(read.md5, createHash('md5').update(expected).digest());
      });
    }
  });

  it('fault 18: a file that is longer, shorter, newer or another one is not read as the one it was', async () => {
    const part = { path, offset: 0, size: 3_000_000, stamp: await stamp() };
    const changes = [
      () => writeFile(path, bytes.subarray(1)),
      () => writeFile(path, Buffer.concat([bytes, bytes])),
      () => utimes(path, 1, 1),
    ];
    for (const change of changes) {
      await change();
      const used = reader.use(part, never, () => Promise.reject(new Error('it was read')));
      await assert.rejects(used, { code: 'SOURCE_CHANGED', permanent: true });
    }
  });

  it('what cannot be read is named', async () => {
    const part = { path: join(directory, 'nothing'), offset: 0, size: 1, stamp: '' };
    const use = (of: typeof part) => reader.use(of, never, () => Promise.resolve());
    await assert.rejects(use(part), { code: 'SOURCE_MISSING', message: /nothing is gone/ });
    const link = join(directory, 'link');
    await symlink(path, link);
    await assert.rejects(use({ ...part, path: link }), { code: 'SOURCE_UNREADABLE' });
    await assert.rejects(use({ ...part, path: directory }), { code: 'SOURCE_UNREADABLE' });
  });
});

describe('transports/obs: records of uploads', () => {
  const begun = { bucket: 'films', key: 'dcps/影片/a', upload: 'id', partSize: 102_400, sha1: 'x', stamp: 'y' };
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'records-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('what was acknowledged is known after a restart, whatever is left of the last line (fault 16)', async () => {
    const record = await UploadRecord.begin(directory, begun);
    await Promise.all([3, 1, 2].map(part => record.add(part, `"etag ${part}"`)));
    const [found] = await UploadRecord.all(directory);
    assert.deepEqual(found?.begun, begun);
    assert.deepEqual(
      [...(found?.etags ?? [])].toSorted(([a], [b]) => a - b),
      [1, 2, 3].map(part => [part, `"etag ${part}"`]),
    );
    const path = join(directory, (await names())[0] ?? '');
    const whole = await readFile(path);
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      const torn = await UploadRecord.find(directory, begun);
      for (const [part, etag] of torn?.etags ?? []) assert.equal(etag, `"etag ${part}"`);
      if (torn) await torn.add(9, 'after');
      const again = await UploadRecord.find(directory, begun);
      assert.equal(again?.etags.get(9), torn && 'after', `of ${length} bytes`);
    }
    await record.remove();
    assert.equal(await UploadRecord.find(directory, begun), undefined);
  });

  it('damage is never another error, nor a record that cannot be (fuzzed)', () => {
    const valid = `${JSON.stringify(begun)}\n{"part":1,"etag":"a"}\n{"part":2,"etag":"b"}`;
    const damaged = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
      .map(changes => changes.reduce((bytes, [at, byte]) => bytes.with(at, byte), Uint8Array.from(Buffer.from(valid))));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array()), bytes => {
        const record = UploadRecord.parse('x', Buffer.from(bytes).toString());
        if (!record) return;
        assert.ok(record.begun.upload.length > 0 && record.begun.partSize >= 1);
        for (const part of record.etags.keys()) assert.ok(Number.isInteger(part) && part >= 1);
      }),
    );
  });

  const names = () => readdir(directory);
});

describe('transports/obs: addresses that expire (decision 19, fault 22)', () => {
  const clock = { now: () => 0, monotonic: () => time, sleep: () => Promise.resolve() };
  let time = 0;
  let loads = 0;
  const open = () => {
    loads = 0;
    const load = () =>
      Promise.resolve(
        new Map([
          ['a', `http://127.0.0.1/a?${loads}`],
          ['b', `http://127.0.0.1/b?${loads++}`],
        ]),
      );
    return SignedAddresses.open(load, clock);
  };

  it('are read anew once for all that are refused at the same time', async () => {
    const { urlOf, renew } = await open();
    const [a, b] = [urlOf('a'), urlOf('b')];
    time += 3_600_000;
    assert.deepEqual(await Promise.all([renew('a', a), renew('a', a), renew('b', b)]), [true, true, true]);
    assert.equal(loads, 2);
    assert.notEqual(urlOf('a'), a);
    assert.equal(await renew('a', a), true, 'another range has renewed it');
    assert.equal(loads, 2);
  });

  it('are not asked for in a circle: at most once a minute', async () => {
    const { urlOf, renew } = await open();
    assert.equal(await renew('a', urlOf('a')), false);
    time += 59_000;
    assert.equal(await renew('a', urlOf('a')), false);
    assert.equal(loads, 1);
    time += 2000;
    assert.equal(await renew('a', urlOf('a')), true);
    assert.equal(await renew('a', urlOf('a')), false);
    assert.equal(loads, 2);
  });
});
