import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import * as fc from 'fast-check';
import { finalCheck } from '../../src/transfer/final-check.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { ManualClock } from '../manual-clock.ts';
import { inTemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { type Delivered, packageFor, stage } from './delivered-package.ts';

const PIECE = 16 * 1024;
const never = new AbortController().signal;
/** Several pieces each, and none ends with a piece; the small one lies inside a piece. */
const CONTENT = {
  a: randomBytes(5 * PIECE + 100),
  b: randomBytes(4 * PIECE + 7),
  'sub/c': randomBytes(3 * PIECE + 5000),
  'sub/d': randomBytes(3 * PIECE + 1),
  'sub/empty': Buffer.of(),
};

async function receive(root: string, delivered: Delivered): Promise<Ledger> {
  await stage(delivered);
  const { item, content, methodOf } = delivered;
  const ledger = await Ledger.open(`${root}/record`, new ManualClock(), item.ledgerFiles);
  for (const file of Object.keys(content)) ledger.finish(file, methodOf(file));
  await ledger.flush();
  return ledger;
}

/** Turns over one byte of a staged file. */
async function spoil({ item, methodOf }: Delivered, file: string, offset: number): Promise<void> {
  const handle = await open(item.stagingPath(methodOf(file), file), 'r+');
  const byte = new Uint8Array(1);
  await handle.read(byte, 0, 1, offset);
  await handle.write(Uint8Array.of((byte[0] ?? 0) ^ 0xff), 0, 1, offset);
  await handle.close();
}

describe('transfer: the last check (BR-45)', () => {
  const at = temporaryDirectory();

  for (const ratio of ['1:1:1', '1:0:0', '0:1:1']) {
    it(`finds nothing wrong in a right package, for ${ratio}`, async () => {
      const delivered = await packageFor(at(), CONTENT, { ratio });
      assert.equal(delivered.item.isBound, true);
      assert.deepEqual(await finalCheck(delivered.item, await receive(at(), delivered), never), []);
    });
  }

  it('finds a wrong byte in a border and takes back that piece of the files, no more', async () => {
    const delivered = await packageFor(at(), CONTENT);
    const ledger = await receive(at(), delivered);
    for (const { parts } of delivered.item.manifest.borders()) {
      for (const { file, offset, length } of parts) {
        for (const place of [offset, offset + length - 1]) {
          await spoil(delivered, file, place);
          const wrong = await finalCheck(delivered.item, ledger, never);
          assert.deepEqual(wrong, parts, `${file} at ${place}`);
          await spoil(delivered, file, place);
        }
      }
    }
    assert.deepEqual(await finalCheck(delivered.item, ledger, never), []);
  });

  it('does not blame a file that was checked whole', async () => {
    const delivered = await packageFor(at(), {
      a: randomBytes(5 * PIECE + 100),
      b: randomBytes(200),
      c: randomBytes(5 * PIECE),
    });
    const ledger = await receive(at(), delivered);
    await spoil(delivered, 'a', 5 * PIECE + 99);
    const wrong = await finalCheck(delivered.item, ledger, never);
    assert.deepEqual(
      wrong.map(({ file }) => file),
      ['a', 'c'],
    );
  });

  it('reads the borders only: what was verified unit by unit is not read again', async () => {
    const large = { a: randomBytes(300 * PIECE + 1), b: randomBytes(300 * PIECE + 1) };
    const delivered = await packageFor(at(), large, { ratio: '1:0:1' });
    const ledger = await receive(at(), delivered);
    const bytesRead = () => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const before = bytesRead();
    assert.deepEqual(await finalCheck(delivered.item, ledger, never), []);
    assert.ok(bytesRead() - before < 10 * PIECE, `${bytesRead() - before} bytes were read`);
  });

  it('finds every border byte in packages of any shape', async () => {
    const sizes = fc.array(fc.integer({ min: 2 * PIECE + 1, max: 4 * PIECE }), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom('1:1:1', '1:2:0', '0:0:1'), fc.nat(), async (sizes, ratio, seed) => {
        const content = Object.fromEntries(sizes.map((size, index) => [`f${index}`, randomBytes(size)]));
        await inTemporaryDirectory(async root => {
          const delivered = await packageFor(root, content, { ratio });
          const ledger = await receive(root, delivered);
          const parts = delivered.item.manifest.borders().flatMap(border => border.parts);
          const part = parts[seed % Math.max(parts.length, 1)];
          if (part) await spoil(delivered, part.file, part.offset + (seed % part.length));
          const wrong = await finalCheck(delivered.item, ledger, never);
          assert.equal(
            wrong.some(({ file }) => file === part?.file),
            part !== undefined,
          );
        });
      }),
      { numRuns: 6 },
    );
  });

  it('decision 20: checks every file by its SHA-1 when the task is not bound to its torrents', async () => {
    const delivered = await packageFor(at(), CONTENT, { change: { infohash: '' } });
    const ledger = await receive(at(), delivered);
    assert.equal(delivered.item.isBound, false);
    assert.deepEqual(await finalCheck(delivered.item, ledger, never), []);
    // In the middle of a file, where no border is.
    await spoil(delivered, 'b', 2 * PIECE);
    await spoil(delivered, 'sub/d', 0);
    const wrong = await finalCheck(delivered.item, ledger, never);
    assert.deepEqual(
      wrong,
      ['b', 'sub/d'].map(file => delivered.item.manifest.extent(file)),
    );
  });

  it('does not take a package for complete that is not', async () => {
    for (const change of [{}, { infohash: '' }]) {
      const delivered = await packageFor(at(), CONTENT, { change });
      const ledger = await receive(at(), delivered);
      await ledger.revoke([delivered.item.manifest.extent('b')]);
      await assert.rejects(finalCheck(delivered.item, ledger, never), /b of cfec-001-pkg\.task\.json is not finished/);
    }
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('cancelled');
    for (const change of [{}, { infohash: '' }]) {
      const delivered = await packageFor(at(), CONTENT, { change });
      const ledger = await receive(at(), delivered);
      await assert.rejects(finalCheck(delivered.item, ledger, AbortSignal.abort(reason)), error => error === reason);
    }
  });
});
