import type { Torrent, Wire } from 'webtorrent';
import { Bitfield } from '../bitfield.ts';

/** A receiver knows what to ask for next this long ahead. */
const AHEAD_S = 2;
const FEWEST_AHEAD = 3;
const MOST_AHEAD = 64;

/**
 * Lets a seed give away every piece once before it gives one twice, so that its line brings each byte to the swarm only once: it suggests to each
 * receiver (BEP 6) the pieces that the fewest others have or were sent to fetch. Clients that know no suggestions ask for what they like.
 */
export class Spread {
  readonly #torrent: Torrent;
  readonly #pieceLength: number;
  /** How many receivers have a piece or were sent to fetch it. */
  readonly #copies: Uint16Array;
  /** What each receiver was sent to fetch and does not have yet. */
  readonly #sent = new Map<Wire, Set<number>>();

  /** The torrent is ready. */
  constructor(torrent: Torrent, pieceLength: number) {
    this.#torrent = torrent;
    this.#pieceLength = pieceLength;
    this.#copies = new Uint16Array(torrent.pieces.length);
    torrent.on('wire', wire => this.#watch(wire));
    for (const wire of torrent.wires) this.#watch(wire);
  }

  /** Called once a second. */
  tick(): void {
    for (const wire of this.#sent.keys()) this.#suggest(wire);
  }

  #watch(wire: Wire): void {
    const had = new Bitfield(this.#copies.length);
    const sent = new Set<number>();
    const take = (index: number) => {
      if (had.get(index)) return;
      had.set(index);
      if (!sent.delete(index)) this.#copies[index]! += 1;
    };
    const takeAll = () => {
      for (const index of this.#torrent.pieces.keys()) if (wire.peerPieces.get(index)) take(index);
    };
    this.#sent.set(wire, sent);
    takeAll();
    wire.on('bitfield', takeAll);
    wire.on('have', index => {
      take(index);
      this.#suggest(wire);
    });
    wire.on('interested', () => this.#suggest(wire));
    wire.once('close', () => {
      this.#sent.delete(wire);
      for (const index of this.#copies.keys()) if (had.get(index) || sent.has(index)) this.#copies[index]! -= 1;
    });
  }

  #suggest(wire: Wire): void {
    const sent = this.#sent.get(wire);
    if (!sent || !this.#isWorthIt() || !wire.hasFast || !wire.peerInterested || wire.amChoking || wire.isSeeder) return;
    const ahead = Math.ceil((wire.uploadSpeed() * AHEAD_S) / this.#pieceLength);
    const most = Math.min(Math.max(ahead, FEWEST_AHEAD), MOST_AHEAD);
    while (sent.size < most) {
      const index = this.#rarest(wire, sent);
      if (index === undefined) return;
      sent.add(index);
      this.#copies[index]! += 1;
      wire.suggest(index);
    }
  }

  /** One receiver alone has nobody to get the rest from. */
  #isWorthIt(): boolean {
    return this.#torrent.done && [...this.#sent.keys()].filter(wire => wire.peerInterested).length > 1;
  }

  /** From a random piece on, the first that the receiver lacks and the fewest have. */
  #rarest(wire: Wire, sent: ReadonlySet<number>): number | undefined {
    const { length } = this.#copies;
    const start = Math.floor(Math.random() * length);
    let best: number | undefined;
    for (let step = 0; step < length; step++) {
      const index = (start + step) % length;
      const copies = this.#copies[index]!;
      if (best !== undefined && copies >= this.#copies[best]!) continue;
      if (sent.has(index) || wire.peerPieces.get(index)) continue;
      if (copies === 0) return index;
      best = index;
    }
    return best;
  }
}
