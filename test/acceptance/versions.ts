import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METHODS } from '../../src/core/method.ts';
import { formatBytes } from '../../src/core/units.ts';
import { parseTorrent } from '../../src/torrent/parse.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { WireSite } from './site.ts';

const MIB = 1024 ** 2;
/** 2 GB in ten reels, and what is in no version the same. */
const REELS = Object.fromEntries(Array.from({ length: 10 }, (_, reel) => [`reel-${reel}.mxf`, 200 * MIB + reel]));
const XML = { 'ASSETMAP.xml': 1453, 'CPL.xml': 20_011, 'PKL.xml': 3002 };
const ALL_HERE = 'all localsamefiles existed copy and finished, succeed!';
/** What packets weigh beside what they carry; connections and their requests. */
const OVERHEAD = 1.02;
const TALK = MIB;
const QUIET_MS = 8000;

/** An original version, a version of it that shares 90 %, and that again: what is here already does not come again. */
export async function versions(): Promise<void> {
  const site = await WireSite.open();
  try {
    const { fleet } = site;
    await writePackage(fleet.packagePath('film-ov'), { ...REELS, ...XML });
    const size = Object.values({ ...REELS, ...XML }).reduce((sum, bytes) => sum + bytes, 0);
    await fleet.publish('film-ov', '1:1:1');
    const original = await receive(site, 'film-ov');
    assert.ok(original.moved >= size);
    await cp(fleet.packagePath('film-ov'), fleet.packagePath('film-vf'), { recursive: true });
    await writePackage(fleet.packagePath('film-vf'), { 'reel-4.mxf': 200 * MIB + 4, ...XML });
    const fresh = 200 * MIB + 4 + Object.values(XML).reduce((sum, bytes) => sum + bytes, 0);
    await fleet.publish('film-vf', '1:1:1');
    const version = await receive(site, 'film-vf');
    const files = Object.keys({ ...REELS, ...XML }).length;
    const most = fresh + files * (await pieceLength(site, 'film-vf'));
    console.log(`  at most ${formatBytes(most)}: what is new, and a piece per file`);
    assert.ok(version.moved <= most * OVERHEAD + TALK);
    const again = await receive(site, 'film-vf');
    assert.deepEqual(again, { desc: `same name task downloaded, ${ALL_HERE}`, moved: 0 });
    await cp(fleet.packagePath('film-vf'), fleet.packagePath('film-vf2'), { recursive: true });
    await fleet.publish('film-vf2', '1:1:1');
    assert.deepEqual(await receive(site, 'film-vf2'), { desc: ALL_HERE, moved: 0 });
  } finally {
    await site.close();
  }
}

/** What recv said, and bytes on the wire of all methods until the package was there, byte for byte. */
async function receive({ fleet, receiver, wire }: WireSite, name: string): Promise<{ desc: string; moved: number }> {
  await wire.quiet(QUIET_MS);
  const before = await wire.read();
  const { desc = '' } = (await fleet.recv(receiver, name)).return_content;
  await fleet.downloaded(receiver, name);
  const after = await wire.read();
  const by = METHODS.map(method => (after[method] ?? 0) - (before[method] ?? 0));
  const moved = by.reduce((sum, bytes) => sum + bytes, 0);
  console.log(`  ${name}: ${formatBytes(moved)} on the wire (${by.join(' : ')}); "${desc}"`);
  await assertSameTree(join(receiver.root, 'dcp', name), fleet.packagePath(name));
  return { desc, moved };
}

async function pieceLength({ fleet }: WireSite, name: string): Promise<number> {
  const path = `${fleet.packagePath(name)}.torrent`;
  return parseTorrent(await readFile(path), path).pieceLength;
}
