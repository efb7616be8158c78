import { EventEmitter } from 'node:events';
import type { Torrent, Wire } from 'webtorrent';
import type { Bitfield } from '../bitfield.ts';
import type { RequestGate } from './request-gate.ts';

const MOST_SUGGESTED = 256;
/** With fewer requests than this under way a peer would run dry. */
const FEW_REQUESTS = 2;

/**
 * What peers suggest to us (BEP 6). A seed of ours gives each receiver other pieces than the rest (see spread.ts): it is asked for those alone as long
 * as there are some, and the receivers get the others from each other.
 */
export class Suggestions extends EventEmitter<{ suggested: [index: number] }> implements RequestGate {
  readonly #torrent: Torrent;
  readonly #unwanted: Bitfield;
  /** Pieces that a peer has suggested and that are missing here. */
  readonly #suggested = new WeakMap<Wire, Set<number>>();

  constructor(torrent: Torrent, unwanted: Bitfield) {
    super();
    this.#torrent = torrent;
    this.#unwanted = unwanted;
    torrent.on('wire', wire => wire.on('suggest', index => this.#take(wire, index)));
    torrent.on('verified', index => {
      for (const wire of torrent.wires) this.#suggested.get(wire)?.delete(index);
    });
  }

  allows(wire: Wire, piece: number): boolean {
    const suggested = this.#suggested.get(wire);
    return !suggested || suggested.size === 0 || suggested.has(piece) || wire.requests.length < FEW_REQUESTS;
  }

  requested(): void {}

  #take(wire: Wire, index: number): void {
    const { pieces, bitfield } = this.#torrent;
    if (index < 0 || index >= pieces.length || bitfield.get(index) || !wire.peerPieces.get(index)) return;
    if (this.#unwanted.get(index)) return;
    const suggested = this.#suggested.get(wire) ?? new Set();
    this.#suggested.set(wire, suggested);
    if (suggested.size >= MOST_SUGGESTED) return;
    suggested.add(index);
    this.emit('suggested', index);
  }
}
