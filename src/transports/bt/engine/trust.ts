import type { Torrent, Wire } from 'webtorrent';
import type { RequestGate } from './request-gate.ts';
import { addressOf } from './torrent-meter.ts';

const FAILED_PIECE = /^Piece (\d+) failed verification$/;
const BAN_MS = 5 * 60_000;

interface Components {
  readonly torrent: Torrent;
  readonly lengthOf: (piece: number) => number;
  readonly warn: (message: string) => void;
}

/**
 * Finds out who sends wrong bytes. A piece that failed and had several contributors is fetched again from one peer alone; the
 * peer that was alone with a wrong piece is banned for a while (for ever would be wrong: its disk may be repaired).
 */
export class Trust implements RequestGate {
  readonly #components: Components;
  /** Ids of the peers that were asked for blocks of a piece that is under way. */
  readonly #contributors = new Map<number, Set<string>>();
  /** Pieces that failed, and the one peer that may send each. */
  readonly #suspects = new Map<number, Wire | undefined>();
  /** Peer ids and when their ban ends, monotonic ms. */
  readonly #bans = new Map<string, number>();
  #wasted = 0;

  constructor(components: Components) {
    this.#components = components;
    const { torrent } = components;
    torrent.on('verified', index => this.#forget(index));
    torrent.on('warning', ({ message }) => {
      const piece = FAILED_PIECE.exec(message)?.[1];
      if (piece !== undefined) this.#failed(Number(piece));
    });
    torrent.on('wire', wire => {
      if (this.#isBanned(wire.peerId)) wire.destroy();
    });
  }

  /** Bytes of pieces that were thrown away. */
  get wasted(): number {
    return this.#wasted;
  }

  allows(wire: Wire, piece: number): boolean {
    const owner = this.#suspects.get(piece);
    return !owner || owner === wire || owner.destroyed || owner.peerChoking;
  }

  requested(wire: Wire, piece: number): void {
    const contributors = this.#contributors.get(piece) ?? new Set();
    this.#contributors.set(piece, contributors.add(wire.peerId));
    if (this.#suspects.has(piece)) this.#suspects.set(piece, wire);
  }

  #forget(piece: number): void {
    this.#contributors.delete(piece);
    this.#suspects.delete(piece);
  }

  #failed(piece: number): void {
    this.#wasted += this.#components.lengthOf(piece);
    const [first, ...others] = this.#contributors.get(piece) ?? [];
    this.#forget(piece);
    this.#suspects.set(piece, undefined);
    if (first !== undefined && others.length === 0) this.#ban(first, piece);
  }

  #ban(peerId: string, piece: number): void {
    this.#bans.set(peerId, performance.now() + BAN_MS);
    for (const wire of this.#components.torrent.wires.filter(wire => wire.peerId === peerId)) {
      this.#components.warn(`${addressOf(wire)} sent wrong bytes for piece ${piece}: banned for a while`);
      wire.destroy();
    }
  }

  #isBanned(peerId: string): boolean {
    return performance.now() < (this.#bans.get(peerId) ?? 0);
  }
}
