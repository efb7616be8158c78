import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkDcp, type DcpReport } from '../../src/dcp/check-dcp.ts';
import { hashFile } from '../../src/torrent/hash-file.ts';
import type { HashPool } from '../../src/torrent/hash-pool.ts';
import { generateDcp } from '../../src/demo/dcp/generate.ts';

const MIB = 1024 * 1024;

/** A real, valid SMPTE package of a mebibyte. */
export async function makeDcp(directory: string, title = 'Film_FTR_S'): Promise<void> {
  await generateDcp({ directory, title, size: MIB, issued: new Date() }, new AbortController().signal);
}

export async function checkWith(pool: HashPool, directory: string): Promise<DcpReport> {
  const report = await checkDcp(directory, {
    hashOf: (file, stop) => hashFile(pool, join(directory, file.path), stop, undefined, file),
    signal: new AbortController().signal,
  });
  if (!report) throw new Error('no DCP');
  return report;
}

/** Name of the package's file that begins so. */
export async function fileOf(directory: string, start: string): Promise<string> {
  const found = (await readdir(directory)).find(name => name.startsWith(start));
  if (found === undefined) throw new Error(`no ${start}… in ${directory}`);
  return found;
}

/** Edits a document of the package; the map still has its length. `seal` has the packing list tell the truth of a changed composition. */
export async function edit(directory: string, start: string, change: (text: string) => string): Promise<void> {
  const name = await fileOf(directory, start);
  const text = change(await readFile(join(directory, name), 'utf8'));
  await writeFile(join(directory, name), text);
  if (start === 'ASSETMAP') return;
  const length = new RegExp(`(<Path>${name}</Path>[^]*?<Length>)\\d+`);
  await edit(directory, 'ASSETMAP', map => map.replace(length, `$1${Buffer.byteLength(text)}`));
}

export async function seal(directory: string): Promise<void> {
  const cpl = await readFile(join(directory, await fileOf(directory, 'CPL_')));
  const sha1 = createHash('sha1').update(cpl).digest('base64');
  await edit(directory, 'PKL_', text =>
    text.replace(
      /<Hash>[^<]*<\/Hash>(\s*)<Size>\d+<\/Size>(\s*)<Type>text\/xml/,
      `<Hash>${sha1}</Hash>$1<Size>${cpl.length}</Size>$2<Type>text/xml`,
    ),
  );
}

export const newId = () => `urn:uuid:${randomUUID()}`;

export const NAMESPACES = {
  AM: ['http://www.smpte-ra.org/schemas/429-9/2007/AM', 'http://www.digicine.com/PROTO-ASDCP-AM-20040311#'],
  PKL: ['http://www.smpte-ra.org/schemas/429-8/2007/PKL', 'http://www.digicine.com/PROTO-ASDCP-PKL-20040311#'],
  CPL: ['http://www.smpte-ra.org/schemas/429-7/2006/CPL', 'http://www.digicine.com/PROTO-ASDCP-CPL-20040511#'],
} as const;
