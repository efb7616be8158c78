import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Metainfo } from '../../src/torrent/metainfo.ts';
import { type Block, RawPeer } from '../transports/bt/raw-peer.ts';

const PEER_ID_DIGITS = 12;
const PATIENCE_MS = 5000;

/**
 * Seeds, one after the other, each of which sends one piece with one wrong byte and is banned for it. Beside it they give only what
 * others lied about: the package is not to be complete before the last of them has had its turn.
 */
export class LyingPeers {
  readonly #metainfo: Metainfo;
  readonly #handles: readonly FileHandle[];
  readonly #pieces = new Set<number>();
  #peers = 0;

  /** `root`: the package that they have. */
  static async open(metainfo: Metainfo, root: string): Promise<LyingPeers> {
    const handles = await Promise.all(metainfo.files.map(({ path }) => open(join(root, path))));
    return new LyingPeers(metainfo, handles);
  }

  private constructor(metainfo: Metainfo, handles: readonly FileHandle[]) {
    this.#metainfo = metainfo;
    this.#handles = handles;
  }

  /** Bytes of the pieces that were spoiled, each of them once. */
  get spoiledBytes(): number {
    const { pieceLength, length } = this.#metainfo;
    return [...this.#pieces].reduce((sum, piece) => sum + Math.min(pieceLength, length - piece * pieceLength), 0);
  }

  get spoiled(): number {
    return this.#pieces.size;
  }

  /** Dials the engine that listens on `port` and resolves once it has been cut off. */
  async next(port: number): Promise<void> {
    const { infoHash } = this.#metainfo;
    const number = this.#peers++;
    const peerId = `-RW0001-${String(number).padStart(PEER_ID_DIGITS, '0')}`;
    // A host with several liars is banned as a whole.
    const host = `127.1.${Math.floor(number / 250)}.${1 + (number % 250)}`;
    let hasLied = false;
    const answer = (block: Block): Buffer | undefined => {
      if (!hasLied && !this.#pieces.has(block.piece)) {
        hasLied = true;
        this.#pieces.add(block.piece);
        const bytes = this.#read(block);
        bytes[0]! ^= 1;
        return bytes;
      }
      return this.#pieces.has(block.piece) ? this.#read(block) : undefined;
    };
    const peer = await RawPeer.dial(port, { infoHash, metainfo: this.#metainfo }, answer, { peerId, host });
    // One that is not asked for anything makes room for the next.
    await Promise.race([peer.cutOff, delay(PATIENCE_MS, undefined, { ref: false })]);
    if (!hasLied) peer.close();
    await peer.cutOff;
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map(handle => handle.close()));
  }

  #read({ piece, offset, length }: Block): Buffer {
    const bytes = Buffer.alloc(length);
    const start = piece * this.#metainfo.pieceLength + offset;
    for (const [index, file] of this.#metainfo.files.entries()) {
      const from = Math.max(start, file.offset);
      const to = Math.min(start + length, file.offset + file.length);
      if (from < to) readSync(this.#handles[index]!.fd, bytes, from - start, to - from, from - file.offset);
    }
    return bytes;
  }
}
