import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { walkPackage } from '../../src/disk/walk.ts';
import { isThere } from '../bench/site.ts';
import { TestFleet, type TestNode, until } from '../e2e/nodes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';

const MIB = 1024 ** 2;
const REELS = { 'reel-1.mxf': 120 * MIB + 1, 'reel-2.mxf': 90 * MIB, 'reel-3.mxf': 60 * MIB + 7, 'CPL.xml': 20_011 };
const LIFE_MS = { least: 100, most: 1200 };

/** kill -9 of a receiver while it copies what it has; some of it was changed behind its back. Nothing wrong arrives, and the table is complete again. */
export async function copyKills(count = 70): Promise<void> {
  const fleet = await TestFleet.create({ loglevel: 'info' });
  try {
    await fleet.sender.start();
    const receiver = await fleet.node('receiver', 'receiver', { loglevel: 'info' });
    await writePackage(fleet.packagePath('ov'), REELS);
    await fleet.publish('ov', '0:0:1');
    await fleet.recv(receiver, 'ov');
    await fleet.downloaded(receiver, 'ov');
    let kills = 0;
    for (let version = 1; kills < count; version++) {
      kills += await receiveVersion(fleet, receiver, version, count - kills);
      console.log(`  version ${version} arrived byte for byte, ${kills} kills so far`);
    }
    await until('the table is complete', () => isComplete(receiver));
  } finally {
    await fleet.close();
  }
}

/** Another version, of which everything but a small file is here. Resolves with the kills until it had come. */
async function receiveVersion(fleet: TestFleet, receiver: TestNode, version: number, most: number): Promise<number> {
  const name = `vf${version}`;
  const stored = (of: string) => join(receiver.root, 'dcp', of);
  await cp(fleet.packagePath('ov'), fleet.packagePath(name), { recursive: true });
  await writePackage(fleet.packagePath(name), { [`CPL-${version}.xml`]: 5000 });
  await fleet.publish(name, '0:0:1');
  const before = version === 1 ? 'ov' : `vf${version - 1}`;
  if (version % 3 === 0) await spoil(join(stored(before), 'reel-2.mxf'));
  await fleet.recv(receiver, name);
  let kills = 0;
  for (; kills < most && !(await isThere(`${stored(name)}.finished`)); kills++) {
    await delay(randomInt(LIFE_MS.least, LIFE_MS.most));
    await receiver.end('SIGKILL');
    await receiver.start();
  }
  await fleet.downloaded(receiver, name);
  await assertSameTree(stored(name), fleet.packagePath(name));
  await rm(stored(before), { recursive: true });
  await rm(fleet.packagePath(name), { recursive: true });
  return kills;
}

/** Other bytes, with the times that people can set as they were. */
async function spoil(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const handle = await open(path, 'r+');
  await handle.write(Buffer.from('spoiled'), 0, 7, randomInt(MIB));
  await handle.close();
  await utimes(path, atime, mtime);
}

/** Every file has its row, every row its file, and the hash is right. */
async function isComplete(receiver: TestNode): Promise<boolean> {
  const rows = (await readFile(String(receiver.config.hashtable), 'utf8')).split('\n').filter(row => row !== '');
  const storage = String(receiver.config.basedatapath);
  const { files } = await walkPackage(storage);
  const wanted = files.filter(({ path }) => !/\.(torrent|finished)$/.test(path));
  const right = await Promise.all(
    wanted.map(async ({ path }) => `${await sha1(join(storage, path))}  ${join(storage, path)}`),
  );
  try {
    assert.deepEqual(rows.toSorted(), right.toSorted());
    return true;
  } catch {
    return false;
  }
}

async function sha1(path: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
