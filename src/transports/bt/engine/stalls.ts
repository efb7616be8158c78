import { EventEmitter } from 'node:events';
import type { Request, Torrent, Wire } from 'webtorrent';
import type { RequestGate } from './request-gate.ts';

const BLOCK = 16 * 1024;
const STALLED_MS = 5000;

/**
 * webtorrent lets a peer that went silent hold the blocks it owes for 30 s: at the end, or when they fill the picker's window, everybody
 * waits for it. What a silent peer owes is asked of another one that has it.
 */
export class Stalls extends EventEmitter<{ silent: [] }> implements RequestGate {
  readonly #torrent: Torrent;
  /** When the peer last sent something or owed nothing, monotonic ms. */
  readonly #alive = new WeakMap<Wire, number>();
  /** Peers that owed blocks too long and have sent nothing since. */
  readonly #silent = new WeakSet<Wire>();

  constructor(torrent: Torrent) {
    super();
    this.#torrent = torrent;
    torrent.on('wire', wire => {
      this.#alive.set(wire, performance.now());
      wire.on('download', () => {
        this.#alive.set(wire, performance.now());
        this.#silent.delete(wire);
      });
    });
  }

  /** Called once a second. */
  tick(): void {
    const now = performance.now();
    for (const wire of this.#torrent.wires) {
      if (wire.requests.length === 0) this.#alive.set(wire, now);
      else if (now - (this.#alive.get(wire) ?? now) > STALLED_MS) this.#takeBack(wire);
    }
  }

  /** A silent peer is asked only for what nobody else could send. */
  allows(wire: Wire, piece: number): boolean {
    return !this.#silent.has(wire) || !this.#hasOtherSource(wire, piece);
  }

  requested(): void {}

  isSilent(wire: Wire): boolean {
    return this.#silent.has(wire);
  }

  #takeBack(wire: Wire): void {
    const isNew = !this.#silent.has(wire);
    this.#silent.add(wire);
    for (const request of wire.requests.filter(each => this.#canMove(wire, each))) {
      wire.cancel(request.piece, request.offset, request.length);
    }
    if (isNew) this.emit('silent');
  }

  #hasOtherSource(wire: Wire, piece: number): boolean {
    return this.#torrent.wires.some(
      other => other !== wire && !this.#silent.has(other) && !other.peerChoking && other.peerPieces.get(piece),
    );
  }

  /** False also for a block that webtorrent took back itself: asked for twice at once, a webtorrent seed answers neither. */
  #canMove(wire: Wire, { piece: index, offset }: Request): boolean {
    const piece = this.#torrent.pieces[index];
    const block = Math.floor(offset / BLOCK);
    if (!piece || piece.get(block) || piece._cancellations?.includes(block)) return false;
    return this.#hasOtherSource(wire, index) && !this.#isAskedOfOther(wire, index, offset);
  }

  #isAskedOfOther(wire: Wire, piece: number, offset: number): boolean {
    return this.#torrent.wires.some(
      other => other !== wire && other.requests.some(request => request.piece === piece && request.offset === offset),
    );
  }
}
