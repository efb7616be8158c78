import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { type Mock, mock } from 'node:test';
import * as fc from 'fast-check';
import { stateOf } from '../../src/disk/file-state.ts';
import { walkPackage } from '../../src/disk/walk.ts';
import { hashPackage, type HashRequest } from '../../src/torrent/hash-package.ts';
import { HashPool } from '../../src/torrent/hash-pool.ts';
import { inTemporaryDirectory, temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { naivePieces, sha1Hex } from './bencoding.ts';

const MIB = 1024 * 1024;
/** Seconds since 1970; without fractions, so that it can be set back exactly. */
const PAST = 1_500_000_000;
const never = new AbortController().signal;
const nothing = () => {};

async function request(root: string, more: Partial<HashRequest> = {}): Promise<HashRequest> {
  const { files } = await walkPackage(root);
  const lengths = { pieceLength: 65536, btPieceLength: 65536 };
  return { root, files, ...lengths, btFiles: undefined, known: new Map(), workers: 1, ...more };
}

describe('torrent: hashing a package', () => {
  it('gives what one buffer of the whole package gives', async () => {
    const size = fc.oneof(fc.constant(0), fc.nat(100), fc.nat(70_000), fc.nat(1_500_000));
    const pieceLength = fc.oneof(fc.integer({ min: 1024, max: 65536 }), fc.constantFrom(16384, 65536, 2 * MIB));
    // Of one length they may share pieces, which are hashed once.
    const lengths = fc.oneof(
      fc.tuple(pieceLength, pieceLength),
      pieceLength.map(both => [both, both] as const),
    );
    const package_ = fc.array(fc.tuple(size, fc.boolean()), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(package_, lengths, fc.integer({ min: 1, max: 3 }), async (list, [full, bt], workers) => {
        const content = list.map(([size], index) => ({ path: `d${index % 3}/${index}`, bytes: randomBytes(size) }));
        content.sort((a, b) => (a.path < b.path ? -1 : 1));
        const btFiles = new Set(list.flatMap(([, isBt], index) => (isBt ? [`d${index % 3}/${index}`] : [])));
        await inTemporaryDirectory(async root => {
          await writeFiles(root, Object.fromEntries(content.map(({ path, bytes }) => [path, bytes])));
          const hashes = await hashPackage(
            await request(root, { pieceLength: full, btFiles, btPieceLength: bt, workers }),
            never,
            nothing,
          );
          const all = Buffer.concat(content.map(({ bytes }) => bytes));
          const share = Buffer.concat(content.filter(({ path }) => btFiles.has(path)).map(({ bytes }) => bytes));
          assert.deepEqual(hashes.files, new Map(content.map(({ path, bytes }) => [path, sha1Hex(bytes)])));
          assert.ok(naivePieces(all, full).equals(hashes.pieces), 'pieces of the full torrent');
          assert.ok(naivePieces(share, bt).equals(hashes.btPieces), 'pieces of the -tmp torrent');
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('torrent: files whose SHA-1 is known', () => {
  const at = temporaryDirectory();
  let pool: Mock<HashPool['hash']>;

  beforeEach(() => {
    pool = mock.method(HashPool.prototype, 'hash');
  });
  afterEach(() => pool.mock.restore());

  /** Bytes that were given to the threads for a row of streams. */
  const hashed = (row: 'file' | 'piece') => {
    const steps = pool.mock.calls.flatMap(call => call.arguments[1]);
    const own = steps.filter(({ stream }) => stream.startsWith(`${row}:`));
    return own.reduce((sum, { start, end }) => sum + end - start, 0);
  };

  it('BG-02: are hashed for their pieces only; the others, and all pieces, are as ever', async () => {
    const content = {
      a: randomBytes(3 * MIB + 1),
      b: randomBytes(5),
      c: '',
      d: randomBytes(2 * MIB),
      e: randomBytes(7),
    };
    await writeFiles(at('pkg'), content);
    const asked = await request(at('pkg'), { btFiles: new Set(['a', 'e']) });
    const all = await hashPackage(asked, never, nothing);
    assert.equal(hashed('file'), 5 * MIB + 13);
    for (const names of [['a'], ['b', 'c'], ['d', 'e'], ['a', 'b', 'c', 'd', 'e']]) {
      const known = new Map(names.map(name => [name, all.files.get(name) ?? '']));
      pool.mock.resetCalls();
      assert.deepEqual(await hashPackage({ ...asked, known }, never, nothing), all, names.join());
      const saved = asked.files.reduce((sum, { path, size }) => sum + (known.has(path) ? size : 0), 0);
      assert.deepEqual([hashed('file'), hashed('piece')], [5 * MIB + 13 - saved, 5 * MIB + 13], names.join());
    }
  });

  for (const [when, moment] of [
    ['after it was listed and before it is read', 'before'],
    ['while the package is read', 'while'],
  ] as const) {
    it(`fault 18: are refused when one changes ${when}, also with its time set back`, async () => {
      await writeFiles(at('pkg'), { a: randomBytes(MIB), z: randomBytes(20 * MIB) });
      utimesSync(at('pkg', 'a'), PAST, PAST);
      const asked = await request(at('pkg'), { known: new Map(['a', 'z'].map(name => [name, '0'.repeat(40)])) });
      const change = () => {
        writeFileSync(at('pkg', 'a'), randomBytes(MIB));
        utimesSync(at('pkg', 'a'), PAST, PAST);
      };
      if (moment === 'before') change();
      const hashing = hashPackage(asked, never, () => moment === 'while' && change());
      await assert.rejects(hashing, {
        code: 'SOURCE_CHANGED',
        message: `${at('pkg', 'a')} changed while it was hashed`,
      });
    });
  }
});

describe('torrent: the one reading pass', () => {
  const at = temporaryDirectory();

  it('reads every byte once, for files, pieces and -tmp pieces together, and tells how far it is', async () => {
    await writeFiles(at('pkg'), { a: randomBytes(9 * MIB), b: randomBytes(11 * MIB + 5), c: '' });
    const bytesRead = () => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const asked = await request(at('pkg'), { btFiles: new Set(['b']) });
    const progress: number[] = [];
    const before = bytesRead();
    await hashPackage(asked, never, bytes => progress.push(bytes));
    const read = bytesRead() - before;
    assert.ok(read >= 20 * MIB && read < 26 * MIB, `${read} bytes were read`);
    assert.equal(progress.at(-1), 20 * MIB + 5);
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    );
  });

  it('gives the same pieces of a share whether they are hashed once for both torrents or once for each', async () => {
    const content = { a: randomBytes(3 * MIB), b: randomBytes(2 * MIB + 5), c: randomBytes(MIB), d: randomBytes(7) };
    await writeFiles(at('pkg'), content);
    for (const share of [['a'], ['a', 'b'], ['b', 'c', 'd'], ['d'], ['a', 'c'], ['a', 'b', 'c', 'd']] as const) {
      const hashes = await hashPackage(await request(at('pkg'), { btFiles: new Set(share) }), never, nothing);
      const bytes = Buffer.concat(share.map(name => content[name]));
      assert.ok(naivePieces(bytes, 65536).equals(hashes.btPieces), share.join());
    }
  });

  it('reads many small files with few descriptors at once', async () => {
    const content = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`f${index}`, `content ${index}`]));
    await writeFiles(at('pkg'), content);
    const open = () => readdirSync('/proc/self/fd').length;
    const asked = await request(at('pkg'));
    const before = open();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, open())), 1);
    const { files } = await hashPackage(asked, never, nothing).finally(() => clearInterval(watch));
    assert.ok(most - before < 100, `${most - before} more descriptors`);
    assert.equal(open(), before);
    for (const [path, text] of Object.entries(content)) assert.equal(files.get(path), sha1Hex(Buffer.from(text)));
  });

  it('gives no pieces for empty files, nor for a share of nothing', async () => {
    await writeFiles(at('pkg'), { a: '', b: '' });
    const hashes = await hashPackage(await request(at('pkg'), { btFiles: new Set(['a']) }), never, nothing);
    assert.deepEqual([hashes.pieces.length, hashes.btPieces.length], [0, 0]);
    assert.equal(hashes.files.get('a'), 'da39a3ee5e6b4b0d3255bfef95601890afd80709');
  });

  it('ends with the reason of its signal', async () => {
    await writeFiles(at('pkg'), { a: randomBytes(3 * MIB) });
    const ending = new AbortController();
    const reason = new Error('the task was cancelled');
    const hashing = hashPackage(await request(at('pkg')), ending.signal, () => ending.abort(reason));
    await assert.rejects(hashing, error => error === reason);
  });

  const SOURCE_CHANGED = (path: string) => ({ code: 'SOURCE_CHANGED', message: `${path} changed while it was hashed` });
  const CHANGES: Record<string, (path: string) => void> = {
    'a file that grows': path => appendFileSync(path, 'x'),
    'a file that shrinks': path => truncateSync(path, 2 * MIB - 1),
    'a file that is written over': path => writeFileSync(path, randomBytes(2 * MIB)),
    'a file that is replaced by another': path => {
      rmSync(path);
      writeFileSync(path, randomBytes(2 * MIB));
    },
  };
  for (const [what, change] of Object.entries(CHANGES)) {
    for (const [when, file] of [
      ['before it is read', 'z'],
      ['after it was read', 'a'],
    ] as const) {
      it(`fault 18: refuses ${what} ${when}, and names it`, async () => {
        await writeFiles(at('pkg'), { a: randomBytes(2 * MIB), m: randomBytes(20 * MIB), z: randomBytes(2 * MIB) });
        const past = new Date(2020, 1, 1);
        for (const name of ['a', 'm', 'z']) await utimes(at('pkg', name), past, past);
        const asked = await request(at('pkg'));
        let changed = false;
        const hashing = hashPackage(asked, never, bytes => {
          if (changed || bytes < 4 * MIB) return;
          changed = true;
          change(at('pkg', file));
        });
        await assert.rejects(hashing, SOURCE_CHANGED(at('pkg', file)));
        assert.ok(changed);
      });
    }
  }

  it('fault 18: refuses a file that is written over by somebody who sets its time back', async () => {
    await writeFiles(at('pkg'), { a: randomBytes(2 * MIB), z: randomBytes(20 * MIB) });
    utimesSync(at('pkg', 'a'), PAST, PAST);
    const asked = await request(at('pkg'));
    const hashing = hashPackage(asked, never, () => {
      writeFileSync(at('pkg', 'a'), randomBytes(2 * MIB));
      utimesSync(at('pkg', 'a'), PAST, PAST);
    });
    await assert.rejects(hashing, SOURCE_CHANGED(at('pkg', 'a')));
  });

  it('fault 18: refuses what was read of another file that stood in the place of this one for a while', async () => {
    await writeFiles(at('pkg'), { a: randomBytes(20 * MIB), 'd/z': randomBytes(MIB) });
    await writeFiles(at('other'), { z: randomBytes(MIB) });
    const asked = await request(at('pkg'));
    renameSync(at('pkg', 'd'), at('away'));
    renameSync(at('other'), at('pkg', 'd'));
    const hashing = hashPackage(asked, never, bytes => {
      if (bytes < 21 * MIB) return;
      renameSync(at('pkg', 'd'), at('other'));
      renameSync(at('away'), at('pkg', 'd'));
    });
    await assert.rejects(hashing, SOURCE_CHANGED(at('pkg', 'd/z')));
  });

  it('fault 18: refuses a file that vanishes, before it was read and after', async () => {
    for (const gone of ['a', 'z']) {
      await writeFiles(at(gone), { a: randomBytes(2 * MIB), z: randomBytes(2 * MIB) });
      const asked = await request(at(gone));
      const hashing = hashPackage(asked, never, () => rmSync(at(gone, gone), { force: true }));
      await assert.rejects(hashing, SOURCE_CHANGED(at(gone, gone)));
    }
  });

  it('fault 11: names a file that cannot be read', async () => {
    await writeFiles(at('pkg'), { a: 'x' });
    const { files } = await walkPackage(at('pkg'));
    // The superuser may read every file, but no directory.
    await mkdir(at('pkg', 'b'));
    const unreadable = { path: 'b', ...stateOf(statSync(at('pkg', 'b'))) };
    const failing = hashPackage(await request(at('pkg'), { files: [...files, unreadable] }), never, nothing);
    await assert.rejects(failing, { code: 'SOURCE_UNREADABLE', message: /^reading .*\/pkg\/b: EISDIR/ });
  });
});
