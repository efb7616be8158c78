import type { Torrent, Wire } from 'webtorrent';
import { Account } from './account.ts';
import { Bans } from './bans.ts';
import { Draft } from './draft.ts';
import type { PieceBuffers } from './piece-buffers.ts';
import { addressOf, hostOf, sourceOf } from './peer-address.ts';
import type { RequestGate } from './request-gate.ts';

const FAILED_PIECE = /^Piece (\d+) failed verification$/;
/** What is kept of failed pieces until the right bytes show who lied. */
const EVIDENCE_BYTES = 64 * 1024 * 1024;
/** What a peer may send unasked: answers to requests that were taken back are on their way. */
const UNASKED_BYTES = 4 * 1024 * 1024;

interface Components {
  readonly torrent: Torrent;
  readonly buffers: PieceBuffers;
  readonly lengthOf: (piece: number) => number;
  readonly warn: (message: string) => void;
}

/**
 * Finds out who sends wrong bytes, and keeps account of them. A piece that failed and had several senders is fetched again from one peer alone; the
 * right bytes then show whose blocks were wrong. Who sent them is banned for a while.
 */
export class Trust implements RequestGate {
  readonly #components: Components;
  readonly #drafts = new Map<number, Draft>();
  /** Pieces that failed, and the one peer that may send each. */
  readonly #suspects = new Map<number, Wire | undefined>();
  readonly #evidence = new Map<number, Draft[]>();
  #evidenceBytes = 0;
  readonly #bans = new Bans();
  readonly #blamed = new Account();
  #wasted = 0;

  constructor(components: Components) {
    this.#components = components;
    const { torrent } = components;
    torrent.on('verified', index => this.#verified(index));
    torrent.on('warning', ({ message }) => {
      const piece = FAILED_PIECE.exec(message)?.[1];
      if (piece !== undefined) this.#failed(Number(piece));
    });
    torrent.on('wire', wire => {
      if (this.#isBanned(wire)) wire.destroy();
      else this.#watch(wire);
    });
  }

  /** Bytes of pieces that were thrown away. */
  get wasted(): number {
    return this.#wasted;
  }

  /** Those of them whose sender is known, by sender. */
  get blamed(): Record<string, number> {
    return this.#blamed.sources;
  }

  allows(wire: Wire, piece: number): boolean {
    const owner = this.#suspects.get(piece);
    return !owner || owner === wire || owner.destroyed || owner.peerChoking;
  }

  requested(wire: Wire, index: number): void {
    const { torrent, buffers } = this.#components;
    const piece = torrent.pieces[index];
    if (piece && this.#drafts.get(index)?.piece !== piece) this.#drafts.set(index, new Draft(piece, buffers));
    if (this.#suspects.has(index)) this.#suspects.set(index, wire);
  }

  #verified(index: number): void {
    const draft = this.#drafts.get(index);
    const right = draft?.bytes;
    this.#drafts.delete(index);
    this.#suspects.delete(index);
    for (const failed of this.#evidence.get(index) ?? []) {
      const length = failed.bytes?.length ?? 0;
      this.#evidenceBytes -= length;
      if (right) this.#accuse(failed.liars(right), index, length);
    }
    this.#evidence.delete(index);
    draft?.release();
  }

  #failed(index: number): void {
    const draft = this.#drafts.get(index);
    const length = this.#components.lengthOf(index);
    this.#wasted += length;
    this.#drafts.delete(index);
    this.#suspects.set(index, undefined);
    if (!draft) return;
    if (draft.senders.length === 1) this.#accuse(draft.senders, index, length);
    else if (this.#evidenceBytes + length <= EVIDENCE_BYTES) {
      this.#evidenceBytes += length;
      this.#evidence.set(index, [...(this.#evidence.get(index) ?? []), draft]);
    }
  }

  /** Wasted bytes are charged in equal parts: whichever block was wrong, all of the piece was lost. */
  #accuse(liars: readonly Wire[], piece: number, bytes: number): void {
    let left = bytes;
    for (const [index, liar] of liars.entries()) {
      const share = Math.floor(left / (liars.length - index));
      left -= share;
      this.#blamed.add(sourceOf(liar), share);
      this.#ban(liar, `sent wrong bytes for piece ${piece}`);
    }
  }

  #watch(wire: Wire): void {
    const onPiece = wire._onPiece.bind(wire);
    let unasked = 0;
    wire._onPiece = (index, offset, bytes) => {
      const before = wire.requests.length;
      onPiece(index, offset, bytes);
      if (wire.requests.length < before) return;
      unasked += bytes.length;
      if (unasked > UNASKED_BYTES && unasked * 2 > wire.downloaded) this.#ban(wire, 'sends what nobody asked for');
    };
  }

  #ban(liar: Wire, why: string): void {
    this.#bans.add(hostOf(liar), liar.peerId);
    this.#components.warn(`${addressOf(liar)} ${why}: banned for a while`);
    const wires = this.#components.torrent.wires.filter(wire => this.#isBanned(wire));
    for (const wire of wires) wire.destroy();
  }

  #isBanned(wire: Wire): boolean {
    return this.#bans.has(hostOf(wire), wire.peerId);
  }
}
