import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { walkPackage } from '../../src/disk/walk.ts';

const MIB = 1024 * 1024;

/** Writes files of random bytes; sizes in bytes. */
export async function writePackage(root: string, files: Readonly<Record<string, number>>): Promise<void> {
  for (const [path, size] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    const handle = await open(join(root, path), 'w');
    for (let at = 0; at < size; at += MIB) await handle.write(randomBytes(Math.min(MIB, size - at)));
    await handle.close();
  }
}

/** Four files, enough for a share of every method. */
export const SMALL: Readonly<Record<string, number>> = {
  'a.mxf': 2 * MIB,
  'b.mxf': MIB,
  'c.mxf': MIB + 1,
  'd.xml': 100,
};

/** Nine files: large ones of unequal size, sub-folders, an empty one, names that want care. */
export const MIXED: Readonly<Record<string, number>> = {
  'pic 1.mxf': 9 * MIB + 17,
  'pic_2.mxf': 8 * MIB,
  '声音.mxf': 5 * MIB + 1,
  'sub/snd#2?.mxf': 3 * MIB + 4097,
  'sub/deep/100%.xml': 70_001,
  'ASSETMAP.xml': 1453,
  'VOLINDEX.xml': 155,
  'sub/empty': 0,
  empty: 0,
};

async function sha1(path: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function hashes(root: string): Promise<Record<string, string>> {
  const { files } = await walkPackage(root);
  return Object.fromEntries(
    await Promise.all(files.map(async ({ path }) => [path, await sha1(join(root, path))] as const)),
  );
}

/** Same files, same bytes, nothing more. */
export async function assertSameTree(actual: string, expected: string): Promise<void> {
  assert.deepEqual(await hashes(actual), await hashes(expected));
}
