import { hash } from './piece-hash.ts';
import type { FileStore } from './file-store.ts';
import type { TorrentInput } from './torrent-input.ts';

/** Of the pieces that were written before a crash, those whose bytes are right. One at a time: what was under way in a second or two. */
export async function confirm(store: FileStore, { metainfo, have, unconfirmed }: TorrentInput): Promise<number[]> {
  const right: number[] = [];
  for (const piece of unconfirmed.indexes()) {
    if (have.get(piece)) continue;
    // What cannot be read is fetched.
    const bytes = await store.readWhole(piece).catch(() => undefined);
    const expected = Buffer.from(metainfo.pieces.subarray(piece * 20, piece * 20 + 20)).toString('hex');
    if (bytes && (await hash(Uint8Array.from(bytes), 'hex')) === expected) right.push(piece);
  }
  return right;
}
