import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import bencode from 'bencode';
import type { Metainfo } from '../../../src/torrent/metainfo.ts';
import { parseTorrent } from '../../../src/torrent/parse.ts';

export interface TestTorrent {
  readonly infoHash: string;
  readonly metainfo: Metainfo;
  readonly torrentPath: string;
  /** Where the content lies. */
  readonly files: string[];
  /** The torrent's byte row. */
  readonly content: Buffer;
}

interface Recipe {
  /** Existing directory for the .torrent and the content. */
  readonly directory: string;
  readonly name: string;
  readonly pieceLength: number;
  readonly announce: readonly string[];
  /** Path inside the package and size of each file, in torrent order. */
  readonly sizes: Readonly<Record<string, number>>;
  /** From where to where all is zeros. */
  readonly zeros?: readonly [start: number, end: number];
}

/** Writes a package of random bytes and its .torrent. */
export async function makeTorrent({
  directory,
  name,
  pieceLength,
  announce,
  sizes,
  zeros,
}: Recipe): Promise<TestTorrent> {
  const entries = Object.entries(sizes);
  const content = randomBytes(entries.reduce((sum, [, size]) => sum + size, 0));
  if (zeros) content.fill(0, ...zeros);
  const info = {
    name,
    'piece length': pieceLength,
    pieces: pieceHashes(content, pieceLength),
    files: entries.map(([path, length]) => ({ length, path: path.split('/') })),
  };
  const torrent = bencode.encode(
    announce.length === 0 ? { info } : { announce: announce[0], 'announce-list': [announce], info },
  );
  const torrentPath = join(directory, 'test.torrent');
  await writeFile(torrentPath, torrent);
  const metainfo = parseTorrent(torrent, torrentPath);
  const files = filesBelow(join(directory, name), metainfo);
  for (const [index, { offset, length }] of metainfo.files.entries()) {
    const path = files[index]!;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content.subarray(offset, offset + length));
  }
  return { infoHash: metainfo.infoHash, metainfo, torrentPath, files, content };
}

/** Where the files of a torrent lie when its package is at `root`. */
export function filesBelow(root: string, { files }: Metainfo): string[] {
  return files.map(({ path }) => join(root, path));
}

export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

function pieceHashes(content: Buffer, pieceLength: number): Buffer {
  const hashes: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  return Buffer.concat(hashes);
}
