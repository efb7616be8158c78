import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Asset,
  assetMap,
  compositionPlaylist,
  type Heading,
  packingList,
  type Reel,
  volumeIndex,
} from './documents.ts';
import { writeEssence } from './essence.ts';
import { planReels, type ReelPlan } from './plan.ts';

export interface DcpRequest {
  readonly directory: string;
  readonly title: string;
  /** Bytes of all essences together; the XML files come on top. */
  readonly size: number;
  readonly issued: Date;
}

/** Makes a valid SMPTE package of opaque random essences in a new directory: essences → CPL → PKL → map → volume index. */
export async function generateDcp({ directory, title, size, issued }: DcpRequest, signal: AbortSignal): Promise<void> {
  await mkdir(directory, { recursive: true });
  const heading = (): Heading => ({ id: randomUUID(), title, issued: xmlTime(issued) });
  const reels: Reel[] = [];
  for (const plan of planReels(size)) reels.push(await writeReel(directory, plan, signal));

  const playlist = heading();
  const cpl = await writeXml(directory, 'CPL', playlist.id, compositionPlaylist(playlist, randomUUID(), reels));
  const assets = [...reels.flatMap(({ picture, sound }) => [picture, sound]), cpl];
  const list = heading();
  const pkl = await writeXml(directory, 'PKL', list.id, packingList(list, assets));
  await writeFile(join(directory, 'ASSETMAP.xml'), assetMap(heading(), pkl, assets), { flag: 'wx' });
  await writeFile(join(directory, 'VOLINDEX.xml'), volumeIndex(), { flag: 'wx' });
}

function xmlTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, '+00:00');
}

async function writeReel(directory: string, plan: ReelPlan, signal: AbortSignal): Promise<Reel> {
  const picture = await writeMxf(directory, 'pic', plan.picture, signal);
  const sound = await writeMxf(directory, 'snd', plan.sound, signal);
  return { id: randomUUID(), picture, sound };
}

async function writeMxf(directory: string, prefix: string, size: number, signal: AbortSignal): Promise<Asset> {
  const id = randomUUID();
  const file = `${prefix}_${id}.mxf`;
  const hash = await writeEssence(join(directory, file), size, signal);
  return { id, file, size, hash, type: 'application/mxf' };
}

async function writeXml(directory: string, prefix: string, id: string, text: string): Promise<Asset> {
  const file = `${prefix}_${id}.xml`;
  await writeFile(join(directory, file), text, { flag: 'wx' });
  const hash = createHash('sha1').update(text).digest('base64');
  return { id, file, size: Buffer.byteLength(text), hash, type: 'text/xml' };
}
